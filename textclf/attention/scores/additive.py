"""Additive score: a multi-layer perceptron of query and key."""

from __future__ import annotations

from torch import Tensor, nn

from textclf.attention.attend import Score
from textclf.bounds import Size
from textclf.registry import PartOptions


class Additive(Score):
    """w · tanh(W_q q + W_k k), Bahdanau, Cho & Bengio 2015 (arXiv 1409.0473), appendix A.1.2.

    q is a query, k a key; the matrices W_q, W_k and the vector w are learned.

    Parameters
    ----------
    query_dim, key_dim : int
    dim : int, optional
        Size of the hidden layer; by default the size of a key.
    """

    class Options(PartOptions):
        dim: Size | None = None

    def __init__(self, query_dim: int, key_dim: int, *, dim: int | None) -> None:
        super().__init__(query_dim, key_dim)
        dim = dim or key_dim
        self.query = nn.Linear(query_dim, dim, bias=False)
        self.key = nn.Linear(key_dim, dim, bias=False)
        self.weight = nn.Linear(dim, 1, bias=False)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        hidden = self.query(queries)[:, :, None, :] + self.key(keys)[:, None, :, :]  # (batch, queries, seq, dim)
        return self.weight(hidden.tanh()).squeeze(-1)
