"""Average precision and reciprocal rank by hand, against scikit-learn, and with ties."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn import metrics as reference

from textclf.metrics import measure
from textclf.metrics.group_ranks import ranking, rankings


def test_map_and_mrr_equal_values_computed_by_hand() -> None:
    groups = ["a", "a", "a", "b", "b", "c", "c"]
    relevant = np.array([False, True, True, True, False, False, False])
    scores = np.array([0.9, 0.8, 0.1, 0.3, 0.2, 0.5, 0.4])
    values = measure(("map", "mrr"), relevant.astype(int), np.stack([1 - scores, scores], 1), groups)
    assert values["map"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 2), "group c has no right answer: left out"
    assert values["mrr"] == pytest.approx((1 / 2 + 1) / 2)


def test_values_are_in_the_order_of_the_groups_names() -> None:
    groups = ["b", "a", "b", "a", "b", "c"]
    results = rankings(np.array([1, 0, 0, 1, 1, 0], dtype=bool), np.array([0.1, 0.6, 0.3, 0.5, 0.9, 0.7]), groups)
    assert results["map"] == pytest.approx([1 / 2, (1 + 2 / 3) / 2])
    assert results["mrr"] == pytest.approx([1 / 2, 1])


def test_equal_scores_give_the_mean_over_all_orders_of_their_rows() -> None:
    relevant = np.array([1, 0, 1, 1, 0, 0, 1], dtype=bool)
    scores = np.array([0.5, 0.5, 0.5, 0.2, 0.9, 0.2, 0.2])
    orders = [order for order in permutations(range(7)) if np.all(np.diff(scores[list(order)]) <= 0)]
    assert len(orders) == 36
    plain = np.array([ranking(relevant[list(order)], -np.arange(7.0)) for order in orders])
    assert ranking(relevant, scores) == pytest.approx(tuple(plain.mean(0)))
    assert ranking(relevant, scores) != pytest.approx(tuple(plain[0])), "the order of the rows does not count"


def test_average_precision_equals_that_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    relevant, scores = random.random(31) < 0.3, random.permutation(31) / 31
    precision, _ = ranking(relevant, scores)
    assert precision == pytest.approx(reference.average_precision_score(relevant, scores))
    assert precision != pytest.approx(reference.average_precision_score(relevant, -scores))


def test_the_values_are_0_if_no_group_has_a_right_answer() -> None:
    values = measure(("map", "mrr"), np.array([0]), np.array([[0.5, 0.5]]), ["a"])
    assert values == {"map": 0.0, "mrr": 0.0}
