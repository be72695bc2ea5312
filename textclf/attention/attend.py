"""The three steps of attention, and what a part of the first two steps promises.

scores  = score(queries, keys)       # (batch, queries, seq)   what matches?
weights = normalise(scores, mask)    # (batch, queries, seq)   how much? rows sum to 1
pooled  = weights @ values           # (batch, queries, dim)   what is read?
"""

from __future__ import annotations

from torch import Tensor, nn

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions


class Score(nn.Module):
    """What matches? The base of every score.

    Parameters
    ----------
    query_dim, key_dim : int
        Size of a query and of a key.
    """

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__()
        self.query_dim, self.key_dim = query_dim, key_dim

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """``(batch, queries, query_dim)`` and ``(batch, seq, key_dim)`` to scores ``(batch, queries, seq)``."""
        raise TypeError(f"{type(self).__name__} does not define forward")

    def _same_size(self) -> None:
        """Refuse a query and a key that cannot be compared coordinate by coordinate."""
        if self.query_dim != self.key_dim:
            name = type(self).__module__.rpartition(".")[2]
            raise ConfigurationError(
                f"score {name}: compares query and key coordinate by coordinate, but a query has {self.query_dim} "
                f"and a key {self.key_dim} here; make them equal, or choose the score additive"
            )


class Normaliser(nn.Module):
    """How much? The base of every normaliser."""

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Scores and a mask (True where a key counts), both ``(batch, queries, seq)`` or broadcastable, to weights.

        A row sums to 1 and is 0 where the mask is False. Every row needs a key that counts. Computed in float32 at
        least, whatever the scores come in.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")


class Attend(nn.Module):
    """Score, normalise, read.

    Parameters
    ----------
    query_dim, key_dim : int
    score, normaliser : PartOptions or str
        Which parts take the first two steps.
    """

    def __init__(
        self,
        query_dim: int,
        key_dim: int,
        score: PartOptions | str = "additive",
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        self.score: Score = SCORES.build(score, query_dim, key_dim)
        self.normaliser: Normaliser = NORMALISERS.build(normaliser)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read ``values`` where ``keys`` match ``queries``.

        Parameters
        ----------
        queries : Tensor
            ``(batch, queries, query_dim)``.
        keys : Tensor
            ``(batch, seq, key_dim)``.
        values : Tensor
            ``(batch, seq, dim)``.
        mask : Tensor
            ``(batch, seq)``, True where a key counts.

        Returns
        -------
        pooled : Tensor
            ``(batch, queries, dim)``.
        weights : Tensor
            ``(batch, queries, seq)``, float32 or wider.
        """
        weights = self.normaliser(self.score(queries, keys), mask[:, None, :])
        return weights.to(values.dtype) @ values, weights
