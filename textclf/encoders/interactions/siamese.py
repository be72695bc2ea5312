"""Siamese: one encoder encodes the two texts of a pair separately."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Interaction, Sizes
from textclf.registry import PartOptions


class Siamese(Interaction):
    """Return the word vectors unchanged, so that no text depends on the other one.

    Bromley et al. 1993, "Signature Verification using a Siamese Time Delay Neural Network"; for sentences Conneau et
    al. 2017 (arXiv 1705.02364), section 3.

    Parameters
    ----------
    sizes : Sizes
    """

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        return words
