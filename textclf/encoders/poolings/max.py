"""Max: the largest value of each coordinate of the states."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class MaxPooling(Pooling):
    """max_t h_t in each coordinate, for the states h_t of a text's words.

    Collobert & Weston 2008, "A Unified Architecture for Natural Language Processing"; Conneau et al. 2017 (arXiv
    1705.02364), section 3.2.

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
        return Pooled(context.states.masked_fill(~mask[:, :, None], -torch.inf).max(1).values)
