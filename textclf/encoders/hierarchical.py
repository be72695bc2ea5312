"""Hierarchical: words to sentence vectors, sentence vectors to a text vector."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.data.batching import TextBatch
from textclf.encoders.composed_options import ComposedOptions
from textclf.encoders.composition import build_level, option_path
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder, Pooled, Sizes, total
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions

SENTENCES_AT_ONCE = 64


class Hierarchical(Encoder):
    """Hierarchical attention network, Yang et al. 2016, "Hierarchical Attention Networks for Document Classification".

    The words of each sentence are contextualised and pooled to a sentence vector; then the sentence vectors of a text
    are contextualised and pooled in the same way. Each level can have any contextualiser and any pooling; the paper has
    a GRU with attention pooling at both levels. Deviations: the library sentencex splits sentences by rules; a text is
    cut after ``max_tokens`` words, as for every encoder, and not after a number of sentences.

    A word's weight is its weight in its sentence (mean over queries) times the sentence's weight. The encoder has
    weights only if both levels have weights.

    Parameters
    ----------
    embedding : Embedding
    sizes : Sizes
        ``max_tokens`` is also the largest number of sentences.
    words, sentences : ComposedOptions
        Options of the two levels: ``words.encoder``, ``words.pooling``, and so on.
    """

    reads_sentences = True

    class Options(PartOptions):
        words: ComposedOptions = CONTEXTUALISERS.slot("gru", named="encoder", pooling="attention")
        sentences: ComposedOptions = CONTEXTUALISERS.slot("gru", named="encoder", pooling="attention")

    def __init__(
        self, embedding: Embedding, sizes: Sizes, *, words: ComposedOptions, sentences: ComposedOptions
    ) -> None:
        super().__init__()
        self.embedding = embedding
        with option_path("words."):
            self.words = Level(words, sizes)
        if self.words.pooling.one_a_class:
            raise ConfigurationError(
                Problem(
                    "words.pooling",
                    f"{words.pooling.part} computes a vector for each class, and a sentence needs one "
                    "vector; choose it for sentences.pooling",
                )
            )
        with option_path("sentences."):
            self.sentences = Level(sentences, sizes._replace(word_dim=self.words.output_dim))
        self.output_dim = self.sentences.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        mask = text.mask
        numbers = torch.zeros_like(text.tokens) if text.sentences is None else text.sentences
        counts = numbers.masked_fill(~mask, 0).amax(1) + 1  # number of sentences of each text
        sentence_of_word = (numbers + (counts.cumsum(0) - counts)[:, None])[mask]  # numbered across the batch
        pooled_words = self._pool_words(self.embedding(text.tokens, mask)[mask], sentence_of_word.bincount())

        vectors = pooled_words.vector
        sentence_mask = torch.arange(int(counts.max()), device=mask.device) < counts[:, None]
        padded = torch.zeros(*sentence_mask.shape, self.words.output_dim, device=mask.device, dtype=vectors.dtype)
        pooled = self.sentences(padded.masked_scatter(sentence_mask[:, :, None], vectors), sentence_mask)
        text_of_sentence = torch.arange(len(mask), device=mask.device).repeat_interleave(counts)
        return Pooled(
            pooled.vector,
            _word_weights(pooled_words.weights, pooled.weights, numbers, mask),
            total(pooled_words.penalty, pooled.penalty),
            _log_probability(pooled_words, pooled, text_of_sentence),
        )

    def _pool_words(self, words: Tensor, lengths: Tensor) -> Pooled:
        """Pool the words of each sentence, sentences of similar length together.

        Padding all sentences of a batch to the longest one would take ten times longer.

        Parameters
        ----------
        words : Tensor
            ``(words, word_dim)``, the words of all sentences one after the other.
        lengths : Tensor
            ``(sentences,)``, the number of words in each sentence.

        Returns
        -------
        Pooled
            With ``vector`` ``(sentences, dim)`` and ``weights`` ``(words,)``, the mean over queries.
        """
        starts = lengths.cumsum(0) - lengths
        order = lengths.argsort(stable=True)
        places, parts, weights = [], [], []
        for rows in order.split(SENTENCES_AT_ONCE):
            positions = torch.arange(int(lengths[rows[-1]]), device=words.device)
            mask = positions < lengths[rows, None]
            place = (starts[rows, None] + positions)[mask]
            padded = words.new_zeros(*mask.shape, words.shape[1])
            pooled = self.words(padded.masked_scatter(mask[:, :, None], words.index_select(0, place)), mask)
            parts.append(pooled)
            places.append(place)
            weights += [] if pooled.weights is None else [pooled.weights.mean(1)[mask]]

        original = order.argsort()
        penalties = [part.penalty * len(part.vector) for part in parts if part.penalty is not None]
        log_probabilities = [part.log_probability for part in parts if part.log_probability is not None]
        return Pooled(
            torch.cat([part.vector for part in parts])[original],
            torch.cat(weights)[torch.cat(places).argsort()] if weights else None,
            torch.stack(penalties).sum() / len(order) if penalties else None,
            torch.cat(log_probabilities)[original] if log_probabilities else None,
        )


class Level(torch.nn.Module):
    """A contextualiser and a pooling, which turn vectors ``(batch, seq, word_dim)``, 0 at pads, into a `Pooled`."""

    def __init__(self, options: ComposedOptions, sizes: Sizes) -> None:
        super().__init__()
        self.contextualiser, self.pooling = build_level(options, sizes)
        self.output_dim = self.pooling.output_dim

    def forward(self, vectors: Tensor, mask: Tensor) -> Pooled:
        return self.pooling(self.contextualiser(vectors, mask), mask)


def _word_weights(of_words: Tensor | None, of_sentences: Tensor | None, numbers: Tensor, mask: Tensor) -> Tensor | None:
    """Multiply each word's weight in its sentence by the sentence's weight, if both levels have weights.

    Parameters
    ----------
    of_words : Tensor, optional
        ``(words,)``, the words of all texts one after the other.
    of_sentences : Tensor, optional
        ``(batch, queries, sentences)``.
    numbers, mask : Tensor
        ``(batch, seq)``: the number of each word's sentence in its text, and True at words.

    Returns
    -------
    Tensor, optional
        ``(batch, queries, seq)``.
    """
    if of_words is None or of_sentences is None:
        return None
    padded = torch.zeros(mask.shape, device=mask.device, dtype=of_words.dtype).masked_scatter(mask, of_words)
    of_sentence = of_sentences.gather(2, numbers[:, None].expand(-1, of_sentences.shape[1], -1))
    return padded[:, None] * of_sentence * mask[:, None]


def _log_probability(words: Pooled, sentences: Pooled, text_of_sentence: Tensor) -> Tensor | None:
    """Add the log-probabilities ``(batch,)`` of the words drawn in each sentence and of the sentences drawn."""
    if words.log_probability is None:
        return sentences.log_probability
    summed = words.log_probability.new_zeros(len(sentences.vector))
    return total(summed.index_add(0, text_of_sentence, words.log_probability), sentences.log_probability)
