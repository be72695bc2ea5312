"""Values per unit against the metric's value, the jackknife of scikit-learn's metrics and the bootstrap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers.predictions import Predictions, random_predictions, with_odd_classes
from sklearn.metrics import accuracy_score, f1_score, recall_score

from textclf.metrics import METRICS, metric_of

WITHOUT_UNITS = {"expected_calibration_error"}
NAMES = tuple(name for name in METRICS if name not in WITHOUT_UNITS)
Weighted = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def weighted_f1(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    return float(f1_score(labels, predicted, average="macro", sample_weight=weights, zero_division=0.0))


def weighted_recall(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    return float(recall_score(labels, predicted, average="macro", labels=np.unique(labels), sample_weight=weights))


def weighted_accuracy(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    return float(accuracy_score(labels, predicted, sample_weight=weights))


WEIGHTED: dict[str, Weighted] = {
    "accuracy": weighted_accuracy,
    "macro_f1": weighted_f1,
    "balanced_accuracy": weighted_recall,
}


def units_of(name: str, data: Predictions) -> np.ndarray:
    units = metric_of(name).per_unit(*data)
    assert units is not None
    return units


def jackknife(data: Predictions, value: Weighted, step: float = 1e-4) -> np.ndarray:
    """The influence of each row, ``(n,)``: n times the derivative of the value with respect to its weight."""
    predicted, rows = data.probabilities.argmax(1), len(data.labels)
    slopes = []
    for bump in step * np.eye(rows):
        above, below = (value(data.labels, predicted, 1 + sign * bump) for sign in (1, -1))
        slopes.append(rows * (above - below) / (2 * step))
    return np.array(slopes)


def macro_f1_of(tables: np.ndarray) -> np.ndarray:
    """Macro-F1 of confusion matrices ``(…, classes, classes)``."""
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    return (2 * right / (tables.sum(-1) + tables.sum(-2))).mean(-1)


def balanced_accuracy_of(tables: np.ndarray) -> np.ndarray:
    """Balanced accuracy of confusion matrices ``(…, classes, classes)``."""
    return (np.diagonal(tables, axis1=-2, axis2=-1) / tables.sum(-1)).mean(-1)


@pytest.mark.parametrize("data", [random_predictions(), with_odd_classes()], ids=["plain", "odd classes"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("map", "mrr")])
def test_the_mean_over_rows_is_the_value(name: str, data: Predictions) -> None:
    units = units_of(name, data)
    assert units.shape == data.labels.shape
    assert units.mean() == pytest.approx(metric_of(name).value(*data), rel=1e-12)


@pytest.mark.parametrize("name", ["map", "mrr"])
def test_the_mean_over_groups_is_the_value(name: str) -> None:
    data = random_predictions(groups=7)
    assert units_of(name, data).shape == (7,)
    assert units_of(name, data).mean() == pytest.approx(metric_of(name).value(*data), rel=1e-12)


@pytest.mark.parametrize("name", WITHOUT_UNITS)
def test_a_metric_that_is_no_smooth_function_of_means_has_no_units(name: str) -> None:
    assert metric_of(name).per_unit(*random_predictions()) is None


@pytest.mark.parametrize("name", WEIGHTED)
def test_units_are_the_value_plus_the_influence_of_the_row(name: str) -> None:
    data = with_odd_classes()
    influence = units_of(name, data) - metric_of(name).value(*data)
    assert influence == pytest.approx(jackknife(data, WEIGHTED[name]), abs=1e-6)
    for other in WEIGHTED.keys() - {name}:
        assert influence != pytest.approx(jackknife(data, WEIGHTED[other]), abs=1e-1)


@pytest.mark.parametrize(("name", "value"), [("macro_f1", macro_f1_of), ("balanced_accuracy", balanced_accuracy_of)])
def test_the_standard_error_of_the_units_equals_that_of_the_bootstrap(
    name: str, value: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Within 5 % for 500 rows of unbalanced classes; the standard error of the accuracy differs by more than 25 %."""
    random = np.random.default_rng(3)
    labels = random.choice(3, 500, p=[0.7, 0.2, 0.1])
    predicted = np.where(random.random(500) < 0.7, labels, random.integers(0, 3, 500))
    data = Predictions(labels, np.eye(3)[predicted], [])
    cells = np.bincount(3 * labels + predicted, minlength=9)
    resampled = random.multinomial(500, cells / 500, 4000).reshape(-1, 3, 3)
    bootstrap = value(resampled).std()
    assert value(cells.reshape(3, 3)) == pytest.approx(metric_of(name).value(*data))
    assert units_of(name, data).std() / np.sqrt(500) == pytest.approx(bootstrap, rel=0.05)
    assert units_of("accuracy", data).std() / np.sqrt(500) != pytest.approx(bootstrap, rel=0.25)
