"""Reference scores and normalisers in plain Python, for one query and one key at a time, without code of `textclf`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def additive(score: torch.nn.Module, query: Tensor, key: Tensor) -> float:
    hidden = torch.tanh(score.query.weight @ query + score.key.weight @ key)
    return float((score.weight.weight[0] @ hidden).detach())


SCORE_OF: dict[str, Callable[[torch.nn.Module, Tensor, Tensor], float]] = {
    "additive": additive,
    "dot": lambda score, query, key: sum(q * k for q, k in zip(query.tolist(), key.tolist(), strict=True)),
    "scaled_dot": lambda score, query, key: float(query @ key) / math.sqrt(len(key)),
    "bilinear": lambda score, query, key: sum(
        q * sum(w * k for w, k in zip(row, key.tolist(), strict=True))
        for q, row in zip(query.tolist(), score.weight.tolist(), strict=True)
    ),
    "concat": lambda score, query, key: float(
        torch.cat([score.query.weight[0], score.key.weight[0]]).detach() @ torch.cat([query, key])
    ),
    "cosine": lambda score, query, key: 10 * float(query @ key / (query.norm() * key.norm())),
    "euclidean": lambda score, query, key: 50 / (1 + math.dist(query.tolist(), key.tolist())),
}


def softmax(scores: list[float]) -> list[float]:
    exponentials = [math.exp(score - max(scores)) for score in scores]
    return [exponential / sum(exponentials) for exponential in exponentials]


def entmax(scores: list[float], alpha: float) -> list[float]:
    """Compute max((α - 1) s - τ, 0)^(1 / (α - 1)) with the τ for which these weights sum to 1, by bisection."""
    power, scaled = 1 / (alpha - 1), [(alpha - 1) * score for score in scores]
    low, high = max(scaled) - 1, max(scaled)
    for _ in range(100):
        middle = (low + high) / 2
        total = sum(max(score - middle, 0) ** power for score in scaled)
        low, high = (middle, high) if total > 1 else (low, middle)
    return [max(score - low, 0) ** power for score in scaled]


def hard(scores: list[float]) -> list[float]:
    return [float(place == scores.index(max(scores))) for place in range(len(scores))]


def local(scores: list[float], width: int = 10) -> list[float]:
    centre = scores.index(max(scores))
    first, last = max(centre - width, 0), min(centre + width, len(scores) - 1)
    return [0.0] * first + softmax(scores[first : last + 1]) + [0.0] * (len(scores) - 1 - last)


WEIGHTS_OF: dict[str, Callable[[list[float]], list[float]]] = {
    "softmax": softmax,
    "sparsemax": lambda scores: entmax(scores, 2.0),
    "entmax15": lambda scores: entmax(scores, 1.5),
    "hard": hard,
    "hard_reinforce": hard,
    "local": local,
}


def name_of(part: nn.Module) -> str:
    """Return the name of a part, which is the name of its file."""
    return type(part).__module__.rpartition(".")[2]


def weigh(normaliser: nn.Module, scores: Iterable[Any]) -> Tensor:
    weights = WEIGHTS_OF[name_of(normaliser)]([float(score) for score in scores])
    return torch.tensor(weights, dtype=torch.float64)


def weighted_sum(weights: Iterable[Any], vectors: Sequence[Tensor] | Tensor) -> Tensor:
    total = torch.zeros_like(vectors[0])
    for weight, vector in zip(weights, vectors, strict=True):
        total = total + float(weight) * vector
    return total


def attend(
    part: Any, query: Tensor, keys: Sequence[Tensor] | Tensor, values: Sequence[Tensor] | None = None
) -> tuple[Tensor, Tensor]:
    """Compute the weighted sum of the values (by default the keys) for one query, and the weights."""
    score = SCORE_OF[name_of(part.score)]
    weights = weigh(part.normaliser, [score(part.score, query, key) for key in keys])
    return weighted_sum(weights, keys if values is None else values), weights
