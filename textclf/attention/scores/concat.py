"""Concat score: a linear layer of query and key; the query does not change the weights."""

from __future__ import annotations

from torch import Tensor, nn

from textclf.attention.attend import Score
from textclf.registry import PartOptions


class Concat(Score):
    """w · [q; k], with a learned vector w; query q and key k are concatenated.

    w · [q; k] = w_q · q + w_k · k. The first term is the same for all keys of a query, and every normaliser depends on
    differences of scores only, so the weights do not depend on the query. `Attend` refuses this score if a text has
    several queries. Deviation from Luong, Pham & Manning 2015 (arXiv 1508.04025), section 3.1: they add a hidden layer,
    as the score additive does.

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
