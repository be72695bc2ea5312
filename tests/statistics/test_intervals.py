"""Intervals against scipy, closed forms and their own promise: the truth is inside, 19 times in 20."""

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


def test_one_value_says_nothing_of_its_spread() -> None:
    assert mean_interval([0.8]) == (0.8, None, None)


def test_equal_models_differ_by_nothing() -> None:
    assert difference_interval([np.zeros((3, 50))]) == (0, 0, 0)


def test_of_one_seed_it_is_the_bootstrap_of_a_mean() -> None:
    difference = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (1, 400))
    mean, low, high = difference_interval([difference])
    half = 1.96 * difference.std() / 20
    assert mean == pytest.approx(difference.mean())
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.12 * half)


def test_chance_between_seeds_widens_it() -> None:
    """Six seeds that disagree by their mean alone: examples say nothing, seeds everything."""
    offsets = np.linspace(-0.1, 0.1, 6)[:, None]
    _, low, high = difference_interval([np.zeros((6, 1000)) + offsets])
    assert (low, high) == pytest.approx(np.array([-1.96, 1.96]) * offsets.std() / np.sqrt(6), rel=0.15)


def test_folds_of_unequal_size_weigh_the_same() -> None:
    mean, low, high = difference_interval([np.full((1, 10), 0.2), np.full((1, 990), 0.0)])
    assert mean == pytest.approx(0.1)
    assert (low, high) == pytest.approx((0.0, 0.2))


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    difference = [np.random.default_rng(2).normal(size=(3, 40))]
    assert difference_interval(difference) == difference_interval(difference)
    assert difference_interval(difference) != difference_interval(difference, seed=1)


def bootstrap(differences: list[np.ndarray], seed: int) -> tuple[float, float]:
    """Both ends of the interval, with every draw made anew."""
    random, means = np.random.default_rng(seed), []
    for difference in differences:
        seeds, examples = difference.shape
        drawn = random.multinomial(seeds, np.full(seeds, 1 / seeds), 2000) @ difference
        columns = random.multinomial(examples, np.full(examples, 1 / examples), 2000)
        means.append((drawn * columns).sum(1) / (seeds * examples))
    folds = random.multinomial(len(means), np.full(len(means), 1 / len(means)), 2000)
    low, high = np.quantile((folds.T * np.stack(means)).sum(0) / len(means), [(1 - 0.95) / 2, (1 + 0.95) / 2])
    return float(low), float(high)


def test_draws_are_those_of_the_shapes_and_the_seed_in_whatever_order_intervals_are_computed() -> None:
    folds = [np.random.default_rng(fold).normal(size=(3, 20 + fold)) for fold in range(3)]
    others = [2 * fold for fold in folds]
    for differences, seed in [(folds, 0), (folds[:2], 0), (others, 0), (folds[1:], 0), (folds, 1), (others[:2], 0)] * 2:
        assert difference_interval(differences, seed)[1:] == bootstrap(differences, seed)


def test_covers_the_truth() -> None:
    """Over simulated pairs of models with a true difference of 0, about 95 % of intervals hold it; few hold 0.15."""
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
