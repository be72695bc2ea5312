"""How good predictions are: pure functions of labels and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

SMALLEST = 1e-15  # a probability is never taken for less, so that one sure error does not make the loss infinite


def metric_title(name: str) -> str:
    """A metric's name as it is written in the field."""
    return {"macro_f1": "macro-F1", "map": "MAP", "mrr": "MRR", "log_loss": "log loss"}.get(name, name)


def classification_metrics(
    labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
) -> dict[str, float]:
    """Accuracy, macro-F1 and log loss; with groups of candidates also MAP and MRR.

    Parameters
    ----------
    labels : np.ndarray
        ``(n,)``, class indices.
    probabilities : np.ndarray
        ``(n, classes)``.
    groups : sequence of str, optional
        ``(n,)``: rows of one group are ranked by the probability of the last class, whose rows are the right answers.

    Returns
    -------
    dict
        ``accuracy``, ``macro_f1`` (fractions; a class that neither occurs nor is predicted does not count),
        ``log_loss`` (nats), and with groups ``map`` and ``mrr``.
    """
    predicted = probabilities.argmax(1)
    right = np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, 1)
    metrics = {
        "accuracy": float((predicted == labels).mean()),
        "macro_f1": macro_f1(labels, predicted),
        "log_loss": float(-np.log(right).mean()),
    }
    if groups is not None:
        found = rankings(labels == probabilities.shape[1] - 1, probabilities[:, -1], groups)
        metrics |= {name: float(found[name].mean()) if len(found) else 0.0 for name in ("map", "mrr")}
    return metrics


def macro_f1(labels: np.ndarray, predicted: np.ndarray) -> float:
    """The mean over classes of 2·right / (predicted + true)."""
    scores = []
    for label in np.union1d(labels, predicted):
        right = np.sum((labels == label) & (predicted == label))
        scores.append(2 * right / (np.sum(labels == label) + np.sum(predicted == label)))
    return float(np.mean(scores))


def rankings(relevant: np.ndarray, scores: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """How well each group with a right answer is ranked, groups in the order of their names.

    Groups without a right answer are left out, as published.

    Parameters
    ----------
    relevant, scores, groups
        ``(n,)``: whether a row is a right answer, how high it is ranked, and among whom.

    Returns
    -------
    np.ndarray
        A record a group: ``map``, its average precision, and ``mrr``, its reciprocal rank.
    """
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    borders = np.cumsum(np.bincount(numbers))[:-1]
    order = np.argsort(numbers, kind="stable")
    parts = zip(np.split(relevant[order], borders), np.split(scores[order], borders), strict=True)
    found = [ranking(right, score) for right, score in parts if right.any()]
    return np.array(found, dtype=[("map", float), ("mrr", float)])


def ranking(relevant: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Average precision and reciprocal rank of one ranking with a right answer in it.

    Of equal scores every order counts alike: the values are the means over all of them [1]_. To keep the order of the
    rows instead would reward a model that says nothing wherever right answers tend to come first.

    References
    ----------
    .. [1] McSherry and Najork, "Computing Information Retrieval Performance Measures Efficiently in the Presence of
       Tied Scores", ECIR 2008.
    """
    _, level, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    above, right_above, precision, reciprocal = 0, 0, 0.0, 0.0
    for size, right in zip(sizes.tolist(), np.bincount(level, relevant).astype(int).tolist(), strict=True):
        ranks = above + 1 + np.arange(size)
        if right:
            # A right answer at the i-th of the tied places has on average i·(right−1)/(size−1) of its equals before it.
            before = right_above + np.arange(size) * (right - 1) / max(size - 1, 1)
            precision += right / size * float(np.sum((before + 1) / ranks))
            if not right_above:
                first = [comb(size - 1 - i, right - 1) / comb(size, right) for i in range(size)]
                reciprocal = float(np.sum(first / ranks))
        above, right_above = above + size, right_above + right
    return precision / right_above, reciprocal
