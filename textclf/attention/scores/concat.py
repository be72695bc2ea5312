"""Concat score: query and key side by side in one layer: the query cancels."""

from __future__ import annotations

from torch import Tensor, nn

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class Concat(Score):
    """w · [q; k], the article's "splicing"; Luong, Pham & Manning 2015 put a hidden layer between (see `additive`).

    w · [q; k] = w_q · q + w_k · k: the first term is the same for all keys of a query, and a normaliser that only
    looks at differences (softmax, sparsemax, …) takes it out. So this score rates keys, whoever asks: with a query
    a text it is what a learned query does, and where every position asks (self-attention, cross-attention) all
    positions would read the same, so there it is refused.

    Parameters
    ----------
    query_dim, key_dim : int
    """

    ignores_query = True

    class Options(PartOptions):
        pass

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__(query_dim, key_dim)
        self.query = nn.Linear(query_dim, 1, bias=False)
        self.key = nn.Linear(key_dim, 1, bias=False)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return self.query(queries) + self.key(keys).transpose(1, 2)
