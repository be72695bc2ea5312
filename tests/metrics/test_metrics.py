"""Each metric by hand and against an independent reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers.predictions import Predictions, random_predictions, with_odd_classes
from sklearn import metrics as reference

from textclf.errors import ConfigurationError, DataError
from textclf.metrics import METRICS, measure, metric_of

NAMES = tuple(METRICS)  # the metrics of the package; other tests may register more


def brier(data: Predictions) -> float:
    truth = np.eye(data.probabilities.shape[1])[data.labels]
    return float(np.mean(np.sum((data.probabilities - truth) ** 2, axis=1)))


def calibration_error(data: Predictions, bins: int = 15) -> float:
    confidence, correct = data.probabilities.max(1), data.probabilities.argmax(1) == data.labels
    error = 0.0
    for number in range(bins):
        inside = (number / bins < confidence) & (confidence <= (number + 1) / bins)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return error


def mean_over_groups(data: Predictions, of_group: Callable[[np.ndarray, np.ndarray], float]) -> float:
    right, groups = data.labels == data.probabilities.shape[1] - 1, np.array(data.groups)
    parts = [groups == group for group in set(data.groups)]
    return float(np.mean([of_group(right[part], data.probabilities[part, -1]) for part in parts]))


def reciprocal_rank(right: np.ndarray, scores: np.ndarray) -> float:
    return 1 / (1 + int(np.argmax(right[np.argsort(-scores)])))


REFERENCES: dict[str, Callable[[Predictions], float]] = {
    "accuracy": lambda data: reference.accuracy_score(data.labels, data.probabilities.argmax(1)),
    "balanced_accuracy": lambda data: reference.balanced_accuracy_score(data.labels, data.probabilities.argmax(1)),
    "brier": brier,
    "expected_calibration_error": calibration_error,
    "log_loss": lambda data: reference.log_loss(data.labels, data.probabilities),
    "macro_f1": lambda data: reference.f1_score(data.labels, data.probabilities.argmax(1), average="macro"),
    "map": lambda data: mean_over_groups(data, reference.average_precision_score),
    "mrr": lambda data: mean_over_groups(data, reciprocal_rank),
}


def test_every_metric_has_a_reference() -> None:
    assert set(REFERENCES) == set(NAMES)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_metric_agrees_with_its_reference(name: str) -> None:
    data = random_predictions()
    other = random_predictions(seed=1)
    assert metric_of(name).value(*data) == pytest.approx(REFERENCES[name](data), rel=1e-12)
    assert metric_of(name).value(*data) != pytest.approx(REFERENCES[name](other), rel=1e-3)


def test_metrics_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.3, 0.2, 0.5]])
    names = ("accuracy", "macro_f1", "balanced_accuracy", "log_loss", "brier")
    values = measure(names, labels, probabilities)
    assert tuple(values) == names
    assert values["accuracy"] == 0.75
    assert values["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert values["balanced_accuracy"] == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert values["log_loss"] == pytest.approx(-np.log([0.5, 0.1, 0.6, 0.5]).mean())
    assert values["brier"] == pytest.approx((0.375 + (0.81 + 0.64 + 0.01) + 0.24 + (0.09 + 0.04 + 0.25)) / 4)


def test_the_brier_score_ranges_from_0_to_2() -> None:
    sure = np.array([[1.0, 0.0, 0.0]])
    assert metric_of("brier").value(np.array([0]), sure) == 0
    assert metric_of("brier").value(np.array([2]), sure) == 2


@pytest.mark.parametrize(("bins", "expected"), [(1, 0.25), (2, 0.25), (10, (0.05 + 0.9 + 0.15) / 4)])
def test_the_calibration_error_by_hand(bins: int, expected: float) -> None:
    """With 10 bins, a confidence of 0.9 belongs to the bin that ends at 0.9."""
    confidence = np.array([0.95, 0.9, 0.6, 0.55])
    metric = METRICS.build(METRICS.options("expected_calibration_error", {"bins": bins}))
    value = metric.value(np.array([0, 1, 0, 1]), np.stack([confidence, 1 - confidence], 1))
    assert value == pytest.approx(expected)


def test_a_calibration_error_needs_a_bin() -> None:
    with pytest.raises(ConfigurationError, match="bins"):
        METRICS.options("expected_calibration_error", {"bins": 0})


def test_one_sure_error_does_not_make_the_loss_infinite() -> None:
    assert metric_of("log_loss").value(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(15 * np.log(10))


def test_macro_f1_counts_classes_that_are_only_predicted() -> None:
    """Macro-F1 includes a class that is only predicted, with F1 0; balanced accuracy excludes this class."""
    data = with_odd_classes()
    predicted = data.probabilities.argmax(1)
    f1 = reference.f1_score(data.labels, predicted, average=None, labels=[0, 1, 2, 3], zero_division=0.0)
    recall = reference.recall_score(data.labels, predicted, average=None, labels=[0, 1, 2])
    assert f1[3] == 0
    assert metric_of("macro_f1").value(*data) == pytest.approx(f1.mean())
    assert metric_of("macro_f1").value(*data) != pytest.approx(f1[:3].mean(), rel=1e-3)
    assert metric_of("balanced_accuracy").value(*data) == pytest.approx(recall.mean())


def test_a_metric_of_groups_needs_groups() -> None:
    with pytest.raises(DataError, match='column "group"'):
        metric_of("map").value(np.array([0, 1]), np.full((2, 2), 0.5))
