"""Ranking: average precision and reciprocal rank of the candidates of each group, with ties."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from textclf.errors import DataError


def rankings_of(labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None) -> np.ndarray:
    """Return the `rankings` of rows by the probability of the last class; rows of that class are right answers.

    Raises
    ------
    DataError
        If there are no groups.
    """
    if groups is None:
        raise DataError('MAP and MRR rank the rows of each group; add a column "group" or choose another metric')
    return rankings(labels == probabilities.shape[1] - 1, probabilities[:, -1], groups)


def rankings(relevant: np.ndarray, scores: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return average precision and reciprocal rank of each group, in the order of the groups' names.

    Groups without a right answer are left out, as is usual in published results.

    Parameters
    ----------
    relevant : np.ndarray
        ``(n,)``, bool: whether a row is a right answer.
    scores : np.ndarray
        ``(n,)``: rows of a group are ranked by this number, the highest first.
    groups : sequence of str
        ``(n,)``.

    Returns
    -------
    np.ndarray
        ``(groups,)``, a structured array with the fields ``map`` (average precision) and ``mrr`` (reciprocal rank).
    """
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    borders = np.cumsum(np.bincount(numbers))[:-1]
    order = np.argsort(numbers, kind="stable")
    parts = zip(np.split(relevant[order], borders), np.split(scores[order], borders), strict=True)
    results = [ranking(right, score) for right, score in parts if right.any()]
    return np.array(results, dtype=[("map", float), ("mrr", float)])


def ranking(relevant: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Return average precision and reciprocal rank of one ranking that holds a right answer.

    Rows with equal scores have no order: the results are the means over all their orders [1]_. If rows kept the order
    of the file instead, equal scores for all rows would get a high result if right answers come first in the file.

    Parameters
    ----------
    relevant, scores : np.ndarray
        ``(n,)``, as for `rankings`.

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
            # On average, i·(right−1)/(size−1) tied right answers stand before a right answer in the i-th tied place.
            before = right_above + np.arange(size) * (right - 1) / max(size - 1, 1)
            precision += right / size * float(np.sum((before + 1) / ranks))
            if not right_above:
                first = [comb(size - 1 - i, right - 1) / comb(size, right) for i in range(size)]
                reciprocal = float(np.sum(first / ranks))
        above, right_above = above + size, right_above + right
    return precision / right_above, reciprocal
