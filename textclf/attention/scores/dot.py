"""Dot score: the dot product of query and key."""

from __future__ import annotations

from torch import Tensor

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class Dot(Score):
    """q · k, Luong, Pham & Manning 2015 (arXiv 1508.04025), section 3.1. Query q and key k have the same size."""

    same_size = True

    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)
