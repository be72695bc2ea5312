"""Scaled dot score: the dot product divided by the root of the size."""

from __future__ import annotations

from torch import Tensor

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class ScaledDot(Score):
    """q · k / √dim, Vaswani et al. 2017 (arXiv 1706.03762), equation 1.

    The query q and the key k have the same size, dim. The scale assumes that the coordinates of a query have variance 1
    (their footnote 4), so a learned query is initialised with that variance.
    """

    same_size = True
    scaled_dot_product = True

    class Options(PartOptions):
        pass

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__(query_dim, key_dim)
        self.query_std = 1.0

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return (queries * self.key_dim**-0.5) @ keys.transpose(1, 2)
