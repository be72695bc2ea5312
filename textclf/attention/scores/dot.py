"""Dot score: point multiplication."""

from __future__ import annotations

from torch import Tensor

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class Dot(Score):
    """q · k, Luong, Pham & Manning 2015 (arXiv 1508.04025), section 3.1. Query and key have one size."""

    class Options(PartOptions):
        pass

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__(query_dim, key_dim)
        self._same_size()

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)
