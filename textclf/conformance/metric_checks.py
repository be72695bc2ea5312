"""Checks of a metric or a task by itself; each takes the part's name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.conformance.requirement import require
from textclf.metrics import METRICS, measure, metric_of
from textclf.tasks import task_of

CLASSES, ROWS, TOLERANCE = 2, 24, 1e-9
GROUPS = tuple(f"group {number % 4}" for number in range(ROWS))


def _labels_and_probabilities(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.permutation(np.arange(ROWS) % CLASSES), draw.dirichlet(np.ones(CLASSES), ROWS)


def _value(name: str, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] = GROUPS) -> float:
    """Return the metric's value; raise an error if it is not a number, or if a metric in percent is not a fraction."""
    return measure([name], labels, probabilities, groups)[name]


def value_is_a_number(name: str) -> None:
    """The value is a finite float, the same for the same predictions; a metric in percent lies between 0 and 1."""
    for seed in range(3):
        labels, probabilities = _labels_and_probabilities(seed)
        require(
            _value(name, labels, probabilities) == _value(name, labels, probabilities),
            "value: expected the same for the same predictions; draw no random numbers",
        )


def value_is_the_mean_of_the_units(name: str) -> None:
    """The value is the mean of `per_unit`, unless `per_unit` returns None."""
    for seed in range(3):
        labels, probabilities = _labels_and_probabilities(seed)
        units, value = metric_of(name).per_unit(labels, probabilities, GROUPS), _value(name, labels, probabilities)
        if units is None:
            return
        require(units.ndim == 1, f"per_unit: expected one number for each unit, measured the shape {units.shape}")
        require(
            abs(units.mean() - value) <= TOLERANCE,
            f"mean of per_unit: expected the value {value:.6g}, measured {units.mean():.6g}; define only one "
            "of value and per_unit; return None from per_unit if the value is not a mean",
        )


def order_of_rows_does_not_matter(name: str) -> None:
    """The value is the same if the rows are in another order."""
    labels, probabilities = _labels_and_probabilities(0)
    order = np.random.default_rng(1).permutation(ROWS)
    value = _value(name, labels, probabilities)
    other = _value(name, labels[order], probabilities[order], [GROUPS[row] for row in order])
    require(
        abs(value - other) <= TOLERANCE,
        f"value of rows in another order: expected {value:.6g}, measured {other:.6g}; do not use the position of a row",
    )


def direction_is_true(name: str) -> None:
    """Right predictions are better than wrong ones, in the direction of `higher_is_better`."""
    labels, _ = _labels_and_probabilities(0)
    right = np.full((ROWS, CLASSES), 0.02)
    right[np.arange(ROWS), labels] = 0.98
    good, bad = (_value(name, labels, rows) for rows in (right, 1 - right))
    require(
        good != bad,
        f"value: {good:.4g} if all predictions are right, and the same if all are wrong; compute it from the labels "
        "and the probabilities",
    )
    higher = METRICS[name].higher_is_better
    require(
        good > bad if higher else good < bad,
        f"value: {good:.4g} if all predictions are right and {bad:.4g} if all are wrong, but higher_is_better is "
        f"{higher}; set higher_is_better = {not higher}",
    )


def arguments_stay_as_they_are(name: str) -> None:
    """Labels and probabilities are not changed."""
    labels, probabilities = _labels_and_probabilities(0)
    before = labels.copy(), probabilities.copy()
    _value(name, labels, probabilities)
    require(
        np.array_equal(before[0], labels) and np.array_equal(before[1], probabilities),
        "labels or probabilities: expected the same after the call, measured changes; copy before you sort or clip",
    )


def metrics_of_the_task_exist(name: str) -> None:
    """The task's metrics exist, and they include the deciding metric."""
    task = task_of(name)
    unknown = [metric for metric in task.metrics if metric not in METRICS]
    require(not unknown, f"metrics: there is no {', '.join(unknown)}; register it, or leave it out")
    require(task.decides in task.metrics, f"decides: {task.decides} is not one of metrics; add it to metrics")


def logits_become_probabilities(name: str) -> None:
    """Probabilities have the shape of the logits, lie between 0 and 1, and keep the order of a row's logits."""
    logits = np.random.default_rng(0).normal(size=(ROWS, 3)) * 50
    probabilities = task_of(name).probabilities(logits)
    require(
        probabilities.shape == logits.shape,
        f"probabilities: expected the shape {logits.shape}, measured {probabilities.shape}",
    )
    require(
        np.isfinite(probabilities).all() and (probabilities >= 0).all() and (probabilities <= 1 + TOLERANCE).all(),
        f"probabilities: expected 0 to 1, measured {probabilities.min():.3g} to {probabilities.max():.3g}",
    )
    require(
        np.array_equal(probabilities.argmax(1), logits.argmax(1)),
        "probabilities: expected the highest where the logit is the highest; apply an increasing function",
    )


METRIC_CHECKS = (
    value_is_a_number,
    value_is_the_mean_of_the_units,
    order_of_rows_does_not_matter,
    direction_is_true,
    arguments_stay_as_they_are,
)
TASK_CHECKS = (metrics_of_the_task_exist, logits_become_probabilities)
