"""Mean: the mean of the states."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class MeanPooling(Pooling):
    """(1/n) Σ_t h_t, for the states h_t of a text's n words.

    Parameters
    ----------
    sizes : Sizes
    """

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(masked_mean(context.states, mask))


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean ``(batch, dim)`` of states ``(batch, seq, dim)`` where ``mask`` is True."""
    total = torch.where(mask[:, :, None], states, 0.0).sum(1)
    return total / mask.sum(1, keepdim=True)
