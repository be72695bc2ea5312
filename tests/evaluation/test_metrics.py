"""Metrics by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from textclf.evaluation.metrics import classification_metrics, ranking_metrics


def test_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.3, 0.2, 0.5]])
    found = classification_metrics(labels, probabilities)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found["log_loss"] == pytest.approx(-np.log([0.5, 0.1, 0.6, 0.5]).mean())
    assert set(found) == {"accuracy", "macro_f1", "log_loss"}


def test_against_scikit_learn() -> None:
    random = np.random.default_rng(0)
    labels, probabilities = random.integers(0, 5, 97), random.dirichlet(np.ones(5), 97)
    found = classification_metrics(labels, probabilities)
    assert found["macro_f1"] == pytest.approx(reference.f1_score(labels, probabilities.argmax(1), average="macro"))
    assert found["log_loss"] == pytest.approx(reference.log_loss(labels, probabilities))
    assert found["macro_f1"] != pytest.approx(reference.f1_score(labels, probabilities.argmax(1), average="micro"))


def test_one_sure_error_does_not_make_the_loss_infinite() -> None:
    assert np.isfinite(classification_metrics(np.array([0]), np.array([[0.0, 1.0]]))["log_loss"])


def test_ranking_by_hand() -> None:
    groups = ["a", "a", "a", "b", "b", "c", "c"]
    relevant = np.array([False, True, True, True, False, False, False])
    scores = np.array([0.9, 0.8, 0.1, 0.3, 0.2, 0.5, 0.4])
    found = ranking_metrics(relevant, scores, groups)
    assert found["map"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1) / 2), "group c has no right answer: left out"
    assert found["mrr"] == pytest.approx((1 / 2 + 1) / 2)


def test_no_group_with_a_right_answer() -> None:
    assert ranking_metrics(np.array([False]), np.array([0.5]), ["a"]) == {"map": 0.0, "mrr": 0.0}
