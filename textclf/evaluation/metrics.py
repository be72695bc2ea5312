"""How good predictions are: pure functions of labels and probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

SMALLEST = 1e-15  # a probability is never taken for less, so that one sure error does not make the loss infinite


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
        ranks = ranked(labels == probabilities.shape[1] - 1, probabilities[:, -1], groups)
        metrics |= {"map": average(map(average_precision, ranks)), "mrr": average(1 / found[0] for found in ranks)}
    return metrics


def macro_f1(labels: np.ndarray, predicted: np.ndarray) -> float:
    """The mean over classes of 2·right / (predicted + true)."""
    scores = []
    for label in np.union1d(labels, predicted):
        right = np.sum((labels == label) & (predicted == label))
        scores.append(2 * right / (np.sum(labels == label) + np.sum(predicted == label)))
    return float(np.mean(scores))


def ranked(relevant: np.ndarray, scores: np.ndarray, groups: Sequence[str]) -> list[np.ndarray]:
    """The ranks, from 1, of the right answers of each group, groups in the order of their names.

    Groups without a right answer are left out, as published. Ties are broken by the order of the rows.

    Parameters
    ----------
    relevant, scores, groups
        ``(n,)``: whether a row is a right answer, how high it is ranked, and among whom.
    """
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    order = np.lexsort((-scores, numbers))  # group by group, the best first
    parts = np.split(relevant[order], np.cumsum(np.bincount(numbers))[:-1])
    return [np.flatnonzero(part) + 1 for part in parts if part.any()]


def average_precision(ranks: np.ndarray) -> float:
    """The mean, over right answers at these ranks, of how many of those ranked so high are right."""
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks))


def average(values: Iterable[float]) -> float:
    """The mean; 0 of nothing."""
    return float(np.mean([*values] or [0.0]))
