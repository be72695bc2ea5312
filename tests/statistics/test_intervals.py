"""Intervals against scipy, closed forms and a bootstrap without caches; 95 % of them contain the true value."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from textclf.statistics.intervals import difference_interval, mean_interval


def test_mean_interval_against_scipy() -> None:
    values = [0.81, 0.79, 0.84, 0.80]
    mean, low, high = mean_interval(values)
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (mean, low, high) == pytest.approx((np.mean(values), *expected))


def test_one_value_has_no_interval() -> None:
    assert mean_interval([0.8]) == (0.8, None, None)


def test_equal_scores_have_no_difference() -> None:
    assert difference_interval([np.zeros((3, 50))]) == (0, 0, 0)


def test_with_one_seed_the_interval_is_the_bootstrap_interval_of_a_mean() -> None:
    difference = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (1, 400))
    mean, low, high = difference_interval([difference])
    half = 1.96 * difference.std() / 20
    assert mean == pytest.approx(difference.mean())
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.12 * half)


def test_differences_between_seeds_widen_the_interval() -> None:
    """Each of six seeds has one constant difference: all the variance is between seeds, none between units."""
    offsets = np.linspace(-0.1, 0.1, 6)[:, None]
    _, low, high = difference_interval([np.zeros((6, 1000)) + offsets])
    assert (low, high) == pytest.approx(np.array([-1.96, 1.96]) * offsets.std() / np.sqrt(6), rel=0.15)


def test_folds_of_unequal_size_have_the_same_weight() -> None:
    mean, low, high = difference_interval([np.full((1, 10), 0.2), np.full((1, 990), 0.0)])
    assert mean == pytest.approx(0.1)
    assert (low, high) == pytest.approx((0.0, 0.2))


def test_the_same_seed_gives_the_same_interval() -> None:
    difference = [np.random.default_rng(2).normal(size=(3, 40))]
    assert difference_interval(difference) == difference_interval(difference)
    assert difference_interval(difference) != difference_interval(difference, seed=1)


def bootstrap(differences: list[np.ndarray], seed: int) -> tuple[float, float]:
    """Return both ends of the interval, without a cache of draws."""
    random, means = np.random.default_rng(seed), []
    for difference in differences:
        seeds, units = difference.shape
        sums = random.multinomial(seeds, np.full(seeds, 1 / seeds), 2000) @ difference
        counts = random.multinomial(units, np.full(units, 1 / units), 2000)
        means.append((sums * counts).sum(1) / (seeds * units))
    folds = random.multinomial(len(means), np.full(len(means), 1 / len(means)), 2000)
    low, high = np.quantile((folds.T * np.stack(means)).sum(0) / len(means), [(1 - 0.95) / 2, (1 + 0.95) / 2])
    return float(low), float(high)


def test_the_order_in_which_intervals_are_computed_does_not_change_them() -> None:
    folds = [np.random.default_rng(fold).normal(size=(3, 20 + fold)) for fold in range(3)]
    others = [2 * fold for fold in folds]
    for differences, seed in [(folds, 0), (folds[:2], 0), (others, 0), (folds[1:], 0), (folds, 1), (others[:2], 0)] * 2:
        assert difference_interval(differences, seed)[1:] == bootstrap(differences, seed)


def test_an_interval_contains_the_true_difference_in_95_of_100_cases() -> None:
    """The true difference of the simulated pairs of models is 0. Few intervals contain 0.15."""
    random = np.random.default_rng(3)
    inside = elsewhere = 0
    for _ in range(100):
        of_seed, of_example = random.normal(0, 0.02, (8, 1)), random.normal(0, 0.3, (1, 150))
        _, low, high = difference_interval([of_seed + of_example + random.normal(0, 0.3, (8, 150))])
        assert low is not None
        assert high is not None
        inside += low <= 0 <= high
        elsewhere += low <= 0.15 <= high
    assert 88 <= inside <= 100
    assert elsewhere <= 5
