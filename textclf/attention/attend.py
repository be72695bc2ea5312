"""The three steps of attention, and the base classes of scores and normalisers.

scores  = score(queries, keys)       # (batch, queries, seq)   how well does each key match each query?
weights = normalise(scores, mask)    # (batch, queries, seq)   how much does each key count? rows sum to 1
pooled  = weights @ values           # (batch, queries, dim)   the weighted sums of the values
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions

FAR_BELOW = -1e4  # relative to the highest score; every normaliser gives such a key no weight


class Score(nn.Module):
    """Base class of scores, which rate how well each key matches each query.

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
        self.query_std = query_dim**-0.5  # initial standard deviation of a learned query; its length is then about 1

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Compute the scores ``(batch, queries, seq)``.

        Parameters
        ----------
        queries : Tensor
            ``(batch, queries, query_dim)``, or ``(1, queries, query_dim)`` if all texts have the same queries.
        keys : Tensor
            ``(batch, seq, key_dim)``.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")


class Normaliser(nn.Module):
    """Base class of normalisers, which convert scores to weights."""

    needs_reward = False  # True where the scores learn from a reward, by the log-probability that `choose` returns
    softmax = False  # True where weights are a softmax over all keys in the mask

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Compute the weights; each row sums to 1 and is 0 where the mask is False.

        The computation is in float32 or wider, whatever the type of the scores. A key with the score -inf has no
        weight; if all keys of a row have this score, they are treated as keys with equal scores.

        Parameters
        ----------
        scores, mask : Tensor
            ``(batch, queries, seq)``, or broadcastable to it. Each row of the mask has a True.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")

    def choose(self, scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the weights, and the log-probability ``(batch,)`` of the drawn keys or None.

        The second result is None unless ``needs_reward`` is True and the module is in training mode.

        Parameters
        ----------
        scores, mask : Tensor
            As in `forward`.
        """
        return self(scores, mask), None


def shifted(scores: Tensor, mask: Tensor) -> Tensor:
    """Subtract each row's highest score, in float32 or wider; where the mask is False, the result is `FAR_BELOW`.

    Weights depend on differences of scores only. The result is finite, and so are its sums.
    """
    scores = finite(scores)
    counted = scores.masked_fill(~mask, -torch.inf)
    return (scores - counted.detach().amax(-1, keepdim=True)).clamp(min=FAR_BELOW).masked_fill(~mask, FAR_BELOW)


def finite(scores: Tensor) -> Tensor:
    """Convert scores to float32 or wider, and -inf to the smallest finite number."""
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    return scores.clamp(min=torch.finfo(scores.dtype).min)


def one_hot(chosen: Tensor, scores: Tensor) -> Tensor:
    """Return 1 at the index ``chosen`` ``(batch, queries)``, else 0, in the shape of ``scores``."""
    return torch.zeros_like(scores).scatter_(-1, chosen[..., None], 1.0)


class AttentionOutput(NamedTuple):
    """The output of `Attend`.

    Attributes
    ----------
    pooled : Tensor
        ``(batch, queries, dim)``, the weighted sums of the values.
    weights : Tensor
        ``(batch, queries, seq)``, float32 or wider.
    log_probability : Tensor, optional
        ``(batch,)``, log-probability of the drawn keys, summed over queries.
    """

    pooled: Tensor
    weights: Tensor
    log_probability: Tensor | None = None


class Attend(nn.Module):
    """Attention with any score and any normaliser.

    Parameters
    ----------
    query_dim, key_dim : int
        Size of a query and of a key.
    score, normaliser : PartOptions or str
        Options of the two parts, or their names.
    one_query_per : {"text", "head", "class", "word"}, default "text"
        The unit that each query of a text belongs to.

    Raises
    ------
    ConfigurationError
        If queries and keys differ in size and the score compares them coordinate by coordinate; if a text has several
        queries and the score ignores the query; if each word has a query and the normaliser learns from a reward.
    """

    def __init__(
        self,
        query_dim: int,
        key_dim: int,
        score: PartOptions | str,
        normaliser: PartOptions | str,
        one_query_per: Literal["text", "head", "class", "word"] = "text",
    ) -> None:
        super().__init__()
        self.score: Score = SCORES.build(score, query_dim, key_dim)
        self.normaliser: Normaliser = NORMALISERS.build(normaliser)
        score_name, normaliser_name = (part if isinstance(part, str) else part.part for part in (score, normaliser))
        if self.score.same_size and query_dim != key_dim:
            raise ConfigurationError(
                Problem(
                    "score",
                    f"{score_name} compares query and key coordinate by coordinate, but a query has {query_dim} "
                    f"coordinates and a key {key_dim}; make them equal, or choose the score additive",
                )
            )
        if self.score.ignores_query and one_query_per != "text":
            raise ConfigurationError(
                Problem(
                    "score",
                    f"{score_name} ignores the query, so the weights would be the same for each {one_query_per}; "
                    "choose another score",
                )
            )
        if self.normaliser.needs_reward and one_query_per == "word":
            raise ConfigurationError(
                Problem(
                    "normaliser",
                    f"{normaliser_name} learns from one reward for each text, which is too little if each word "
                    "draws a key; choose hard",
                )
            )

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> AttentionOutput:
        """Compute the weights of the keys for each query, and the weighted sums of the values.

        Parameters
        ----------
        queries : Tensor
            ``(batch, queries, query_dim)``, or ``(1, queries, query_dim)`` if all texts have the same queries.
        keys : Tensor
            ``(batch, seq, key_dim)``.
        values : Tensor
            ``(batch, seq, dim)``.
        mask : Tensor
            ``(batch, seq)``, True at words.
        """
        scores = self.score(queries, keys)
        weights, log_probability = self.normaliser.choose(scores, mask[:, None, :].expand_as(scores))
        return AttentionOutput(weights.to(values.dtype) @ values, weights, log_probability)

    def pooled(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Compute only the weighted sums, for several heads.

        A softmax over scaled dot products is computed by torch's fused attention, which never stores all weights at
        once (Dao et al. 2022, arXiv 2205.14135). On a CPU it uses float32, because bfloat16 takes longer for texts of
        up to 400 words.

        Parameters
        ----------
        queries, keys, values : Tensor
            As in `forward`, with heads: ``(batch, heads, seq, dim)``.
        mask : Tensor
            ``(batch, seq)``, True at words, for all heads.

        Returns
        -------
        Tensor
            ``(batch, heads, queries, dim)``.
        """
        parts, heads = (queries, keys, values), keys.shape[1]
        if not (self.score.scaled_dot_product and self.normaliser.softmax):
            output = self(*(part.flatten(0, 1) for part in parts), mask.repeat_interleave(heads, 0))
            return output.pooled.unflatten(0, (-1, heads))
        if queries.device.type == "cpu" and queries.dtype == torch.bfloat16:
            parts = (queries.float(), keys.float(), values.float())
        with torch.autocast(queries.device.type, enabled=False):
            return scaled_dot_product_attention(*parts, mask[:, None, None])
