"""Metrics by hand and against scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn import metrics as reference

from textclf.metrics import measure
from textclf.metrics.ranking import ranking, rankings

CLASSIFICATION = ("accuracy", "macro_f1", "log_loss")
RANKING = (*CLASSIFICATION, "map", "mrr")


def test_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.3, 0.2, 0.5]])
    found = measure(CLASSIFICATION, labels, probabilities)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found["log_loss"] == pytest.approx(-np.log([0.5, 0.1, 0.6, 0.5]).mean())
    assert set(found) == {"accuracy", "macro_f1", "log_loss"}


def test_against_scikit_learn() -> None:
    random = np.random.default_rng(0)
    labels, probabilities = random.integers(0, 5, 97), random.dirichlet(np.ones(5), 97)
    found = measure(CLASSIFICATION, labels, probabilities)
    assert found["macro_f1"] == pytest.approx(reference.f1_score(labels, probabilities.argmax(1), average="macro"))
    assert found["log_loss"] == pytest.approx(reference.log_loss(labels, probabilities))
    assert found["macro_f1"] != pytest.approx(reference.f1_score(labels, probabilities.argmax(1), average="micro"))


def test_one_sure_error_does_not_make_the_loss_infinite() -> None:
    assert np.isfinite(measure(CLASSIFICATION, np.array([0]), np.array([[0.0, 1.0]]))["log_loss"])


def test_ranking_by_hand() -> None:
    groups = ["a", "a", "a", "b", "b", "c", "c"]
    relevant = np.array([False, True, True, True, False, False, False])
    scores = np.array([0.9, 0.8, 0.1, 0.3, 0.2, 0.5, 0.4])
    probabilities = np.stack([1 - scores, scores], 1)
    found = measure(RANKING, relevant.astype(int), probabilities, groups)
    assert found["map"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 2), "group c has no right answer: left out"
    assert found["mrr"] == pytest.approx((1 / 2 + 1) / 2)


def test_groups_stand_in_the_order_of_their_names() -> None:
    groups = ["b", "a", "b", "a", "b", "c"]
    found = rankings(np.array([1, 0, 0, 1, 1, 0], dtype=bool), np.array([0.1, 0.6, 0.3, 0.5, 0.9, 0.7]), groups)
    assert found["map"] == pytest.approx([1 / 2, (1 + 2 / 3) / 2])
    assert found["mrr"] == pytest.approx([1 / 2, 1])


def test_equal_scores_count_as_the_mean_over_their_orders() -> None:
    relevant = np.array([1, 0, 1, 1, 0, 0, 1], dtype=bool)
    scores = np.array([0.5, 0.5, 0.5, 0.2, 0.9, 0.2, 0.2])
    orders = [order for order in permutations(range(7)) if np.all(np.diff(scores[list(order)]) <= 0)]
    assert len(orders) == 36
    plain = np.array([ranking(relevant[list(order)], -np.arange(7.0)) for order in orders])
    assert ranking(relevant, scores) == pytest.approx(tuple(plain.mean(0)))
    assert ranking(relevant, scores) != pytest.approx(tuple(plain[0])), "the rows' own order is not what counts"


def test_average_precision_against_scikit_learn() -> None:
    random = np.random.default_rng(1)
    relevant, scores = random.random(31) < 0.3, random.permutation(31) / 31
    found, _ = ranking(relevant, scores)
    assert found == pytest.approx(reference.average_precision_score(relevant, scores))
    assert found != pytest.approx(reference.average_precision_score(relevant, -scores))


def test_no_group_with_a_right_answer() -> None:
    found = measure(RANKING, np.array([0]), np.array([[0.5, 0.5]]), ["a"])
    assert (found["map"], found["mrr"]) == (0.0, 0.0)
