"""Siamese: one encoder reads both texts, which do not see each other."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Interaction
from textclf.registry import PartOptions


class Siamese(Interaction):
    """Words stay as they are; Bromley et al. 1993, for sentences Conneau et al. 2017 (arXiv 1705.02364), section 3.

    Parameters
    ----------
    dim : int
        Size of a word vector.
    """

    class Options(PartOptions):
        pass

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.output_dim = dim

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        return words
