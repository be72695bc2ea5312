"""How sure we are: pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 2000


class Interval(NamedTuple):
    """A mean and its 95 % interval; ``low`` and ``high`` are None where one value says nothing of its spread."""

    mean: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of repeated measurements with Student's t interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, None, None)
    half = float(stats.sem(values) * stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    return Interval(mean, mean - half, mean + half)


def difference_interval(differences: Sequence[np.ndarray], seed: int = 0) -> Interval:
    """The mean difference of two models with its paired two-level bootstrap interval.

    Parameters
    ----------
    differences : sequence of np.ndarray
        One array ``(seeds, examples)`` a fold (one in all, if there is one test split): one model's score less the
        other's on the same example with the same seed. Arrays may differ in size.
    seed : int, default 0
        Of the resampling.

    Returns
    -------
    Interval
        A resample draws folds, in each of them seeds and examples, all with replacement: the interval covers the chance
        in training as well as in the test split.
    """
    draws, folds = _draws(seed, tuple(fold.shape for fold in differences))
    resampled = np.stack([_means(fold, *drawn) for fold, drawn in zip(differences, draws, strict=True)])
    means = (folds.T * resampled).sum(0) / len(resampled)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(np.mean([fold.mean() for fold in differences])), float(low), float(high))


def _means(difference: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means ``(resamples,)`` of ``(seeds, examples)``, whose rows and columns count as often as they were drawn."""
    drawn = rows @ difference  # (resamples, examples)
    return np.multiply(drawn, columns, out=drawn).sum(1) / difference.size


@lru_cache(maxsize=4)  # the pairs of models of a table have one or two shapes
def _draws(seed: int, shapes: tuple[tuple[int, int], ...]) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """How often each resample draws each row and column of each fold, and each fold: all ``(resamples, …)``."""
    random = np.random.default_rng(seed)
    draws = [(_counts(random, seeds), _counts(random, examples).astype(np.uint16)) for seeds, examples in shapes]
    return draws, _counts(random, len(shapes))


def _counts(random: np.random.Generator, size: int) -> np.ndarray:
    """Draw ``size`` times from ``size`` values with replacement; how often each was drawn, ``(resamples, size)``."""
    return random.multinomial(size, np.full(size, 1 / size), RESAMPLES)
