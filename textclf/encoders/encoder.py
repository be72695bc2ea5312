"""What the parts of an encoder promise each other: embed -> contextualise -> pool.

Nothing may depend on padding: what a text becomes is the same alone and inside any padded batch. A part that looks
at neighbours or at the whole text takes the mask into account itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Context(NamedTuple):
    """What a contextualiser makes of a text.

    Attributes
    ----------
    states : Tensor
        ``(batch, seq, dim)``; what stands at pads is arbitrary but finite.
    final : Tensor
        ``(batch, dim)``: the last hidden state of an RNN, of each direction; else the last word's state.
    """

    states: Tensor
    final: Tensor


class Pooled(NamedTuple):
    """What an encoder makes of a text.

    Attributes
    ----------
    vector : Tensor
        ``(batch, dim)``.
    weights : Tensor, optional
        ``(batch, queries, seq)``: what the vector was read from, if it was read by attention.
    penalty : Tensor, optional
        Scalar to add to the loss.
    log_probability : Tensor, optional
        ``(batch,)``: of the choices that were sampled.
    """

    vector: Tensor
    weights: Tensor | None = None
    penalty: Tensor | None = None
    log_probability: Tensor | None = None


class Contextualiser(nn.Module):
    """Lets words look at each other. ``output_dim`` is the size of a state."""

    output_dim: int

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        """Word vectors ``(batch, seq, dim)``, 0 at pads, and mask ``(batch, seq)`` to a `Context`."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Pooling(nn.Module):
    """Turns states into one vector of size ``output_dim``."""

    output_dim: int

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        """A `Context` and mask ``(batch, seq)`` to a `Pooled`."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Encoder(nn.Module):
    """Turns tokens into one vector of size ``output_dim``. ``embedding`` holds the word vectors."""

    output_dim: int
    embedding: nn.Module

    def forward(self, tokens: Tensor, mask: Tensor) -> Pooled:
        """Token ids ``(batch, seq)`` and mask ``(batch, seq)``, True at words, to a `Pooled`."""
        raise TypeError(f"{type(self).__name__} does not define forward")


def last_word(states: Tensor, mask: Tensor) -> Tensor:
    """The state ``(batch, dim)`` of each text's last word."""
    last = mask.sum(1) - 1
    return states[torch.arange(len(states), device=states.device), last]
