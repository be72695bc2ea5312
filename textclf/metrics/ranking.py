"""Ranking: average precision and reciprocal rank of the candidates of each group, with ties."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np


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
