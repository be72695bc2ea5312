"""The three steps of attention, and what a part of the first two steps promises.

scores  = score(queries, keys)       # (batch, queries, seq)   what matches?
weights = normalise(scores, mask)    # (batch, queries, seq)   how much? rows sum to 1
pooled  = weights @ values           # (batch, queries, dim)   what is read?
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions

FAR_BELOW = -1e4  # less than the highest score: no normaliser gives a key there any weight


class Score(nn.Module):
    """What matches? The base of every score.

    Parameters
    ----------
    query_dim, key_dim : int
        Size of a query and of a key.
    """

    positive = False  # True where no score is below 0
    same_size = False  # True where query and key are compared coordinate by coordinate
    ignores_query = False  # True where the query cancels in a softmax
    scaled_dot_product = False  # True where scores are q · k / √dim

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__()
        self.query_dim, self.key_dim = query_dim, key_dim
        self.query_spread = query_dim**-0.5  # of a learned query's coordinates at the start: its length is about 1
        if self.same_size and query_dim != key_dim:
            name = type(self).__module__.rpartition(".")[2]
            raise ConfigurationError(
                f"score {name}: compares query and key coordinate by coordinate, but a query has {query_dim} and a key "
                f"{key_dim} here; make them equal, or choose the score additive"
            )

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """``(batch, queries, query_dim)`` and ``(batch, seq, key_dim)`` to scores ``(batch, queries, seq)``.

        Queries that are the same for all texts may come as ``(1, queries, query_dim)``.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")


class Normaliser(nn.Module):
    """How much? The base of every normaliser."""

    needs_reward = False  # True where `choose` gives the log-probability of what was drawn
    softmax = False  # True where weights are a softmax over all keys that count

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Scores and a mask (True where a key counts), both ``(batch, queries, seq)`` or broadcastable, to weights.

        A row sums to 1 and is 0 where the mask is False. Every row needs a key that counts. Computed in float32 at
        least, whatever the scores come in. A score of -inf gives a key no weight; where all keys that count have it,
        they are treated as keys with equal scores.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")

    def choose(self, scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor | None]:
        """The weights, and ``(batch,)`` the log-probability of what was drawn, where that is what trains the scores."""
        return self(scores, mask), None


def shifted(scores: Tensor, mask: Tensor) -> Tensor:
    """Scores less the row's highest, in float32 at least; far below every other where the mask is False.

    Weights depend on differences of scores alone. Finite, so that sums and sorts are too.
    """
    scores = finite(scores)
    counted = scores.masked_fill(~mask, -torch.inf)
    return (scores - counted.detach().amax(-1, keepdim=True)).clamp(min=FAR_BELOW).masked_fill(~mask, FAR_BELOW)


def finite(scores: Tensor) -> Tensor:
    """Scores in float32 at least, with the smallest finite number for -inf."""
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    return scores.clamp(min=torch.finfo(scores.dtype).min)


def one_hot(chosen: Tensor, scores: Tensor) -> Tensor:
    """1 at the index ``chosen`` ``(batch, queries)``, else 0; shaped as ``scores``."""
    return torch.zeros_like(scores).scatter_(-1, chosen[..., None], 1.0)


class Read(NamedTuple):
    """What was read.

    Attributes
    ----------
    pooled : Tensor
        ``(batch, queries, dim)``.
    weights : Tensor
        ``(batch, queries, seq)``, float32 or wider.
    log_probability : Tensor, optional
        ``(batch,)``, of what was drawn.
    """

    pooled: Tensor
    weights: Tensor
    log_probability: Tensor | None = None


class Attend(nn.Module):
    """Score, normalise, read.

    Parameters
    ----------
    query_dim, key_dim : int
    score, normaliser : PartOptions or str
        Which parts take the first two steps.
    askers : str, optional
        What several queries of one text stand for, as ``"words"``; a score that ignores its query is refused then.
    """

    def __init__(
        self,
        query_dim: int,
        key_dim: int,
        score: PartOptions | str = "additive",
        normaliser: PartOptions | str = "softmax",
        askers: str | None = None,
    ) -> None:
        super().__init__()
        self.score: Score = SCORES.build(score, query_dim, key_dim)
        if askers is not None and self.score.ignores_query:
            raise ConfigurationError(
                f"score concat: the query cancels, so that all {askers} would read the same; choose another score"
            )
        self.normaliser: Normaliser = NORMALISERS.build(normaliser)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Read:
        """Read ``values`` where ``keys`` match ``queries``.

        Parameters
        ----------
        queries : Tensor
            ``(batch, queries, query_dim)``, or ``(1, queries, query_dim)`` where all texts are asked the same.
        keys : Tensor
            ``(batch, seq, key_dim)``.
        values : Tensor
            ``(batch, seq, dim)``.
        mask : Tensor
            ``(batch, seq)``, True where a key counts.
        """
        scores = self.score(queries, keys)
        weights, log_probability = self.normaliser.choose(scores, mask[:, None, :].expand_as(scores))
        return Read(weights.to(values.dtype) @ values, weights, log_probability)

    def pooled(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """What several heads read, for callers that need no weights.

        A softmax over scaled dot products goes through torch's fused attention, which never holds all weights at once
        (Dao et al. 2022, arXiv 2205.14135). On a CPU it computes in float32: up to 400 words, bfloat16 takes longer.

        Parameters
        ----------
        queries, keys, values : Tensor
            As in `forward`, with heads: ``(batch, heads, seq, dim)``.
        mask : Tensor
            ``(batch, seq)``, True where a key counts, for every head.

        Returns
        -------
        Tensor
            ``(batch, heads, queries, dim)``.
        """
        parts, heads = (queries, keys, values), keys.shape[1]
        if not (self.score.scaled_dot_product and self.normaliser.softmax):
            read = self(*(part.flatten(0, 1) for part in parts), mask.repeat_interleave(heads, 0))
            return read.pooled.unflatten(0, (-1, heads))
        if queries.device.type == "cpu" and queries.dtype == torch.bfloat16:
            parts = (queries.float(), keys.float(), values.float())
        with torch.autocast(queries.device.type, enabled=False):
            return scaled_dot_product_attention(*parts, mask[:, None, None])
