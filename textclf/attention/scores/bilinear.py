"""Bilinear score: a learned matrix between query and key."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class Bilinear(Score):
    """qᵀ W k, named "general" by Luong, Pham & Manning 2015 (arXiv 1508.04025), section 3.1.

    q is a query, k a key; the matrix W ``(query_dim, key_dim)`` is learned.

    Parameters
    ----------
    query_dim, key_dim : int
    """

    class Options(PartOptions):
        pass

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__(query_dim, key_dim)
        self.weight = nn.Parameter(torch.empty(query_dim, key_dim))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ self.weight @ keys.transpose(1, 2)
