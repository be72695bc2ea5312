"""How sure we are: pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
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
    random = np.random.default_rng(seed)
    resampled = np.stack([_resampled_means(fold, random) for fold in differences])  # (folds, resamples)
    folds = random.multinomial(len(resampled), np.full(len(resampled), 1 / len(resampled)), RESAMPLES)
    means = (folds.T * resampled).sum(0) / len(resampled)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(np.mean([fold.mean() for fold in differences])), float(low), float(high))


def _resampled_means(difference: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Means ``(resamples,)`` of ``(seeds, examples)``, rows and columns drawn with replacement."""
    seeds, examples = difference.shape
    rows = random.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES)
    drawn = rows @ difference  # (resamples, examples)
    columns = random.multinomial(examples, np.full(examples, 1 / examples), RESAMPLES)
    return (drawn * columns).sum(1) / (seeds * examples)
