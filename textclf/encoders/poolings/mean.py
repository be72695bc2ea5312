"""Mean: all words count the same."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.registry import PartOptions


class MeanPooling(Pooling):
    """(1/n) Σ_t h_t over a text's n words.

    Parameters
    ----------
    dim, classes : int
        Size of a state; the number of classes is not used.
    """

    class Options(PartOptions):
        pass

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.output_dim = dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(masked_mean(context.states, mask))


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean ``(batch, dim)`` of states ``(batch, seq, dim)`` where ``mask`` is True."""
    total = torch.where(mask[:, :, None], states, 0.0).sum(1)
    return total / mask.sum(1, keepdim=True)
