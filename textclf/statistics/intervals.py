"""Intervals: a mean, or a difference of two models, with the range that probably holds its true value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit  # scipy.stats takes half a second to import

CONFIDENCE = 0.95
RESAMPLES = 2000
TAIL = (1 - CONFIDENCE) / 2  # the probability below an interval, and above it

Counts = np.ndarray  # how often each resample draws each value, (resamples, values)


class Interval(NamedTuple):
    """A mean and its 95 % interval; ``low`` and ``high`` are None if there is only one value."""

    mean: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of repeated measurements and Student's t interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, None, None)
    standard_error = np.std(values, ddof=1) / np.sqrt(len(values))
    half = float(standard_error * stdtrit(len(values) - 1, 1 - TAIL))
    return Interval(mean, mean - half, mean + half)


def difference_interval(differences: Sequence[np.ndarray], seed: int = 0) -> Interval:
    """Return the mean difference of two models and its paired two-level bootstrap interval.

    A resample draws folds with replacement, and in each of them seeds and units with replacement. So the interval
    covers both the randomness of training and the choice of test rows.

    Parameters
    ----------
    differences : sequence of np.ndarray
        One array ``(seeds, units)`` for each fold, or a single array if there is one test split: the score of the first
        model minus that of the second, for the same unit and the same seed. Arrays may differ in size.
    seed : int, default 0
        The seed of the resampling.
    """
    draws, folds = _draws(seed, tuple(fold.shape for fold in differences))
    resampled = np.stack([_means(fold, *counts) for fold, counts in zip(differences, draws, strict=True)])
    means = (folds.T * resampled).sum(0) / len(resampled)
    low, high = np.quantile(means, [TAIL, 1 - TAIL])
    return Interval(float(np.mean([fold.mean() for fold in differences])), float(low), float(high))


def _means(difference: np.ndarray, seeds: Counts, units: Counts) -> np.ndarray:
    """Return the mean of ``(seeds, units)`` in each resample, ``(resamples,)``."""
    sums = seeds @ difference  # over seeds: (resamples, units)
    means: np.ndarray = np.multiply(sums, units, out=sums).sum(1) / difference.size
    return means


@lru_cache(maxsize=4)  # the pairs of models in a table have only one or two shapes
def _draws(seed: int, shapes: tuple[tuple[int, int], ...]) -> tuple[list[tuple[Counts, Counts]], Counts]:
    """Return the counts of seeds and units for each fold, and the counts of folds."""
    random = np.random.default_rng(seed)
    draws = [(_counts(random, seeds), _counts(random, units).astype(np.uint16)) for seeds, units in shapes]
    return draws, _counts(random, len(shapes))


def _counts(random: np.random.Generator, size: int) -> Counts:
    """Draw ``size`` times from ``size`` values with replacement, in each resample; return the counts."""
    return random.multinomial(size, np.full(size, 1 / size), RESAMPLES)
