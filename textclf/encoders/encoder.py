"""What the parts of an encoder promise each other: embed -> contextualise -> pool.

Nothing may depend on padding: what a text becomes is the same alone and inside any padded batch. A part that looks
at neighbours or at the whole text takes the mask into account itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from textclf.data.batching import TextBatch
from textclf.encoders.embedding import Embedding


class Context(NamedTuple):
    """What a contextualiser makes of a text.

    Attributes
    ----------
    states : Tensor
        ``(batch, seq, dim)``; what stands at pads is arbitrary but finite.
    final : Tensor
        ``(batch, dim)``: the last hidden state of an RNN, of each direction; else the last word's state.
    other : Tensor, optional
        ``(batch, dim)``: ``final`` of the other text of a pair.
    """

    states: Tensor
    final: Tensor
    other: Tensor | None = None


class Pooled(NamedTuple):
    """What an encoder makes of a text.

    Attributes
    ----------
    vector : Tensor
        ``(batch, dim)``; or one a class, ``(batch, classes, dim)``.
    weights : Tensor, optional
        ``(batch, queries, seq)``: what the vector was read from, if it was read by attention.
    penalty : Tensor, optional
        Scalar to add to the loss.
    log_probability : Tensor, optional
        ``(batch,)``: of the choices that were sampled.
    pair_weights : Tensor, optional
        ``(batch, queries, seq)``: the same for the second text of a pair.
    """

    vector: Tensor
    weights: Tensor | None = None
    penalty: Tensor | None = None
    log_probability: Tensor | None = None
    pair_weights: Tensor | None = None


class Contextualiser(nn.Module):
    """Lets words look at each other. ``output_dim`` is the size of a state."""

    output_dim: int

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        """Word vectors ``(batch, seq, dim)``, 0 at pads, and mask ``(batch, seq)`` to a `Context`."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Interaction(nn.Module):
    """Lets the words of a text look at another text. ``output_dim`` is the size of what becomes of a word."""

    output_dim: int

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """Word vectors and mask of a text and of the other, all 0 at pads, to vectors ``(batch, seq, output_dim)``."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Pooling(nn.Module):
    """Turns states into one vector of size ``output_dim``, or into one a class."""

    one_a_class = False
    reads_pairs_only = False  # True where it needs another text

    output_dim: int

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        """A `Context` and mask ``(batch, seq)`` to a `Pooled`."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Encoder(nn.Module):
    """Turns a text into one vector of size ``output_dim``, or one a class. ``embedding`` holds the word vectors."""

    reads_sentences = False  # True where it wants to know which sentence a word is in
    reads_pairs = False  # True where it can be made to read two texts, by ``pairs=True``
    output_dim: int
    embedding: Embedding

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        """A batch of texts, or of pairs of texts, to a `Pooled`; an encoder is made for one or the other."""
        raise TypeError(f"{type(self).__name__} does not define forward")


def total(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """The sum of what is there."""
    return one if other is None else other if one is None else one + other


def last_word(states: Tensor, mask: Tensor) -> Tensor:
    """The state ``(batch, dim)`` of each text's last word."""
    last = mask.sum(1) - 1
    return states[torch.arange(len(states), device=states.device), last]


def combine(left: Pooled, right: Pooled) -> Pooled:
    """[u; v; |u - v|; u · v], Conneau et al. 2017 (arXiv 1705.02364), figure 1 (with u and v); what else sums up."""
    u, v = left.vector, right.vector
    return Pooled(
        torch.cat([u, v, (u - v).abs(), u * v], -1),
        left.weights,
        total(left.penalty, right.penalty),
        total(left.log_probability, right.log_probability),
        right.weights,
    )
