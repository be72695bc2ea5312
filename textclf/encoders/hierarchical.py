"""Hierarchical: words become sentence vectors, and these the text's."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.data.batching import TextBatch
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Contextualiser, Encoder, Pooled, Pooling, total
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions

SENTENCES_AT_ONCE = 64


class Hierarchical(Encoder):
    """Hierarchical attention network, Yang et al. 2016, "Hierarchical Attention Networks for Document Classification".

    Each sentence is contextualised and pooled by itself, then the sentence vectors are, as if they were words; each
    level is any contextualiser with any pooling (the paper's: a GRU with attention pooling, twice). Sentences come from
    rules (`sentencex`), and a text is cut after its first words as for every encoder, not after some sentences.

    A word's weight is its weight in its sentence times the sentence's; there is one only if both levels weigh.

    Parameters
    ----------
    embedding : Embedding
    hidden_dim : int
        What both levels are told.
    max_tokens : int
        The longest sentence, and the most sentences, that can come.
    classes : int
    words, sentences : PartOptions
        The two levels: ``words.encoder``, ``words.pooling``, and so on.
    """

    reads_sentences = True

    class Options(PartOptions):
        words: PartOptions = CONTEXTUALISERS.slot("gru", named="encoder", pooling="attention")
        sentences: PartOptions = CONTEXTUALISERS.slot("gru", named="encoder", pooling="attention")

    def __init__(
        self,
        embedding: Embedding,
        hidden_dim: int,
        max_tokens: int,
        classes: int,
        words: PartOptions,
        sentences: PartOptions,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.words = Level(words, embedding.output_dim, hidden_dim, max_tokens, classes)
        if self.words.pooling.one_a_class:
            raise ConfigurationError(
                f"words.pooling: {words.pooling.part} gives a vector for each class, and a sentence needs one vector; "  # type: ignore[attr-defined]
                "choose it for sentences.pooling"
            )
        self.sentences = Level(sentences, self.words.output_dim, hidden_dim, max_tokens, classes)
        self.output_dim = self.sentences.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        mask = text.mask
        numbers = torch.zeros_like(text.tokens) if text.sentences is None else text.sentences
        counts = numbers.masked_fill(~mask, 0).amax(1) + 1  # sentences of each text
        which = (numbers + (counts.cumsum(0) - counts)[:, None])[mask]  # of the batch's sentences, each word's
        read = self._read_sentences(self.embedding(text.tokens, mask)[mask], which.bincount())

        sentence_mask = torch.arange(int(counts.max()), device=mask.device) < counts[:, None]
        vectors = torch.zeros(*sentence_mask.shape, self.words.output_dim, device=mask.device, dtype=read.vector.dtype)
        pooled = self.sentences(vectors.masked_scatter(sentence_mask[:, :, None], read.vector), sentence_mask)
        weights = None
        if read.weights is not None and pooled.weights is not None:
            of_word = torch.zeros(mask.shape, device=mask.device, dtype=read.weights.dtype).masked_scatter(
                mask, read.weights
            )
            of_sentence = pooled.weights.gather(2, numbers[:, None].expand(-1, pooled.weights.shape[1], -1))
            weights = of_word[:, None] * of_sentence * mask[:, None]
        owner = torch.arange(len(mask), device=mask.device).repeat_interleave(counts)
        return Pooled(pooled.vector, weights, total(read.penalty, pooled.penalty), _log(read, pooled, owner))

    def _read_sentences(self, words: Tensor, lengths: Tensor) -> Pooled:
        """Words ``(words, dim)`` of sentences ``(sentences,)``, end to end; in place of weights, ``(words,)`` of them.

        Sentences of similar length are read together: padding all to the longest of a batch would cost ten times more.
        """
        begins = lengths.cumsum(0) - lengths
        order = lengths.argsort(stable=True)
        places, parts, shares = [], [], []
        for rows in order.split(SENTENCES_AT_ONCE):
            positions = torch.arange(int(lengths[rows[-1]]), device=words.device)
            mask = positions < lengths[rows, None]
            place = (begins[rows, None] + positions)[mask]
            padded = words.new_zeros(*mask.shape, words.shape[1])
            read = self.words(padded.masked_scatter(mask[:, :, None], words.index_select(0, place)), mask)
            parts.append(read)
            places.append(place)
            shares += [] if read.weights is None else [read.weights.mean(1)[mask]]

        back = order.argsort()
        penalties = [part.penalty * len(part.vector) for part in parts if part.penalty is not None]
        chances = [part.log_probability for part in parts if part.log_probability is not None]
        return Pooled(
            torch.cat([part.vector for part in parts])[back],
            torch.cat(shares)[torch.cat(places).argsort()] if shares else None,
            torch.stack(penalties).sum() / len(order) if penalties else None,
            torch.cat(chances)[back] if chances else None,
        )


class Level(torch.nn.Module):
    """Contextualise and pool; vectors ``(batch, seq, dim)``, 0 at pads, and mask to a `Pooled`."""

    def __init__(self, options: PartOptions, dim: int, hidden_dim: int, max_tokens: int, classes: int) -> None:
        super().__init__()
        self.contextualiser: Contextualiser = CONTEXTUALISERS.build(
            options, dim, hidden_dim, max_tokens, without=["pooling", "interaction"]
        )
        self.pooling: Pooling = POOLINGS.build(options.pooling, self.contextualiser.output_dim, classes)  # type: ignore[attr-defined]
        self.output_dim = self.pooling.output_dim

    def forward(self, vectors: Tensor, mask: Tensor) -> Pooled:
        return self.pooling(self.contextualiser(vectors, mask), mask)


def _log(read: Pooled, pooled: Pooled, owner: Tensor) -> Tensor | None:
    """A text's log-probability is that of the choices in its sentences and among them."""
    if read.log_probability is None:
        return pooled.log_probability
    words = read.log_probability.new_zeros(len(pooled.vector)).index_add(0, owner, read.log_probability)
    return total(words, pooled.log_probability)
