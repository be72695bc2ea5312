"""Max: each coordinate takes its largest value."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.registry import PartOptions


class MaxPooling(Pooling):
    """max_t h_t, coordinate by coordinate, over a text's words; Collobert & Weston 2008, Conneau et al. 2017.

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
        return Pooled(context.states.masked_fill(~mask[:, :, None], -torch.inf).max(1).values)
