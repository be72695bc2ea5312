"""Transformer: token states of a pretrained model, then a pooling."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from textclf.data.batching import TextBatch
from textclf.encoders.composition import build_parts, encode_pair
from textclf.encoders.contextualisers import PLAIN_CONTEXTUALISERS
from textclf.encoders.encoder import Encoder, Pooled, Sizes
from textclf.encoders.poolings import POOLINGS
from textclf.encoders.pretrained.options import LanguageModelOptions
from textclf.encoders.pretrained.words import PretrainedWords
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions


class Words(NamedTuple):
    """The vectors that the contextualiser reads.

    Attributes
    ----------
    vectors : Tensor
        ``(batch, words, dim)``, 0 at pads.
    mask : Tensor
        ``(batch, words)``.
    places : Tensor, optional
        ``(batch, words)``: the place of each vector's token in the text; None if no token is left out.
    seq : int
        The number of tokens of the longest text.
    """

    vectors: Tensor
    mask: Tensor
    places: Tensor | None
    seq: int

    def at_tokens(self, weights: Tensor | None) -> Tensor | None:
        """Return weights ``(batch, queries, words)`` as ``(batch, queries, seq)``, 0 at tokens that are left out."""
        if weights is None or self.places is None:
            return weights
        places = self.places[:, None].expand(-1, weights.shape[1], -1)
        return weights.new_zeros(*weights.shape[:2], self.seq).scatter(2, places, weights)


class Transformer(Encoder):
    """A pretrained language model with a pooling of its token states (Devlin et al. 2019, arXiv 1810.04805).

    The paper classifies by the state of the first token ([CLS]) through a tanh layer; here every pooling takes part,
    and the tanh layer is left out. Two texts go through the model one by one, as in Reimers & Gurevych 2019
    (arXiv 1908.10084), or as one sequence (``joint``).

    Parameters
    ----------
    embedding : PretrainedWords
    sizes : Sizes
    special_tokens : bool
        Whether contextualiser and pooling read the special tokens too. The pooling ``first`` always reads them. The
        default is False: with mean and attention pooling of minilm, the validation accuracy on two corpora (trec, mr;
        two seeds) was between 0 and 1.3 points higher without them.
    then : PartOptions
        The contextualiser between the language model and the pooling.
    pooling, interaction : PartOptions
    joint : bool
        Whether the language model reads the two texts of a pair as one sequence with its separators.
    pairs : bool
        Whether to encode pairs of texts.
    model : str
        The language model: ``minilm``, ``hub:OWNER/NAME`` or a folder. This and the options below belong to
        ``embedding``, which reads them.
    revision : str, optional
        A branch, a tag or a commit of a model of the hub.
    layer : int or "mix"
        The layer whose states are read: 0 is the embedding, -1 the last layer; ``mix`` learns weights for all layers.
    train : {"none", "full"}
        ``none``: the language model stays frozen. ``full``: it is fine-tuned.
    transformer_learning_rate : float
        The highest learning rate of a language model that is fine-tuned.
    warm_up : float
        The fraction of all training steps in which this rate rises.
    """

    reads_pairs = True

    class Options(LanguageModelOptions):
        special_tokens: bool = False
        then: PartOptions = PLAIN_CONTEXTUALISERS.slot("none")
        pooling: PartOptions = POOLINGS.slot("mean")

    def __init__(
        self,
        embedding: PretrainedWords,
        sizes: Sizes,
        *,
        special_tokens: bool,
        then: PartOptions,
        pooling: PartOptions,
        interaction: PartOptions,
        joint: bool,
        pairs: bool,
        model: str,
        revision: str | None,
        layer: int | str,
        train: str,
        transformer_learning_rate: float,
        warm_up: float,
    ) -> None:
        super().__init__()
        if joint and not pairs:
            raise ConfigurationError(
                Problem("joint", "needs pairs of texts, and here each text is alone; leave it out")
            )
        _check_length(embedding, sizes.max_tokens, joint)
        self.embedding, self.special_ids = embedding, embedding.tokenizer.special_ids
        self.interaction, self.contextualiser, self.pooling = build_parts(
            then, pooling, interaction, sizes, pairs=pairs and not joint, path="then."
        )
        self.special_tokens = special_tokens or self.pooling.reads_special_tokens
        self.output_dim = self.pooling.output_dim * (4 if pairs and not joint else 1)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        left = self._words(text)
        if pair is None:
            pooled = self.pooling(self.contextualiser(left.vectors, left.mask), left.mask)
            return pooled._replace(weights=left.at_tokens(pooled.weights))
        right = self._words(pair)
        pooled = encode_pair(self, left[:2], right[:2])
        return pooled._replace(
            weights=left.at_tokens(pooled.weights), pair_weights=right.at_tokens(pooled.pair_weights)
        )

    def _words(self, text: TextBatch) -> Words:
        vectors, seq = self.embedding(text), text.mask.shape[1]
        if self.special_tokens:
            return Words(vectors, text.mask, None, seq)
        special = torch.isin(text.tokens, torch.tensor(self.special_ids, device=text.tokens.device))
        kept = text.mask & ~special
        kept = torch.where(kept.any(1, keepdim=True), kept, text.mask)  # an empty text has special tokens only
        places = (~kept).byte().argsort(dim=1, stable=True)[:, : int(kept.sum(1).max())]  # kept tokens first, in order
        mask = kept.gather(1, places)
        vectors = vectors.gather(1, places[:, :, None].expand(-1, -1, vectors.shape[2]))
        return Words(vectors * mask[:, :, None], mask, places, seq)


def _check_length(embedding: PretrainedWords, max_tokens: int, joint: bool) -> None:
    """Raise `ConfigurationError` if a text of ``max_tokens`` tokens is longer than the language model's positions."""
    files = embedding.files
    if files.positions is None:
        return
    room = files.positions - embedding.tokenizer.special_tokens(joint)
    if max_tokens > room:
        raise ConfigurationError(
            Problem(
                "max_tokens",
                f"{max_tokens}, but {files.name} reads at most {room} subwords beside its special tokens; "
                f"set max_tokens to {room} or less",
            )
        )
