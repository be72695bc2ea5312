"""Properties of every registered metric, and how reports show its values."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from subprocess import CompletedProcess

import numpy as np
import pytest
from helpers.predictions import random_predictions

from textclf.metrics import METRICS, is_percent, metric_of, text_of, title_of
from textclf.metrics.metric import Metric

NAMES = tuple(METRICS)
OF_GROUPS = ("map", "mrr")  # these use the probability of the last class, so the order of classes matters


class ErrorRate(Metric):
    """A metric as a plug-in may define it: lower is better."""

    title = "error rate"
    higher_is_better = False

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        return float((probabilities.argmax(1) != labels).mean())


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_a_finite_float(name: str) -> None:
    value = metric_of(name).value(*random_predictions())
    assert type(value) is float
    assert np.isfinite(value)


@pytest.mark.parametrize("name", NAMES)
def test_perfect_predictions_have_the_best_value_and_wrong_ones_the_worst(name: str) -> None:
    labels, probabilities, groups = random_predictions()
    metric, classes = metric_of(name), probabilities.shape[1]
    perfect = metric.value(labels, np.eye(classes)[labels], groups)
    wrong = metric.value(labels, np.eye(classes)[(labels + 1) % classes], groups)
    assert perfect == (1 if metric.higher_is_better else 0)
    between = metric.value(labels, probabilities, groups)
    assert metric.direction * perfect > metric.direction * between > metric.direction * wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    labels, probabilities, groups = random_predictions()
    order = np.random.default_rng(2).permutation(len(labels))
    shuffled = labels[order], probabilities[order], [groups[row] for row in order]
    value = metric_of(name).value(labels, probabilities, groups)
    assert metric_of(name).value(*shuffled) == pytest.approx(value, rel=1e-12)
    assert metric_of(name).value(labels, *shuffled[1:]) != pytest.approx(value, rel=1e-3), (
        "shuffled rows with labels in the old order"
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_GROUPS])
def test_the_order_of_classes_does_not_matter(name: str) -> None:
    labels, probabilities, groups = random_predictions()
    order = np.array([3, 0, 4, 1, 2])
    value = metric_of(name).value(np.argsort(order)[labels], probabilities[:, order], groups)
    assert value == pytest.approx(metric_of(name).value(labels, probabilities, groups), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_in_float32_have_almost_the_same_value(name: str) -> None:
    labels, probabilities, groups = random_predictions()
    value = metric_of(name).value(labels, probabilities.astype(np.float32), groups)
    assert value == pytest.approx(metric_of(name).value(labels, probabilities, groups), rel=1e-5)


def test_the_better_value_has_the_higher_product_with_the_direction() -> None:
    metric = ErrorRate()
    assert metric.direction == -1
    assert max([0.3, 0.1, 0.2], key=lambda value: metric.direction * value) == 0.1
    assert metric_of("accuracy").direction == 1


def test_titles_are_different() -> None:
    assert len({title_of(name) for name in NAMES}) == len(NAMES)


def test_reports_show_percentages_or_four_decimals() -> None:
    assert title_of("macro_f1") == "macro-F1"
    assert (is_percent("accuracy"), text_of("accuracy", 0.8123)) == (True, "81.23")
    assert (is_percent("log_loss"), text_of("log_loss", 0.8123)) == (False, "0.8123")
    assert (text_of("accuracy", 0.0123, "+"), text_of("log_loss", 0.0123, "+")) == ("+1.23", "+0.0123")


def test_a_recorded_metric_that_is_not_registered_is_a_plain_number_with_its_own_name() -> None:
    assert (title_of("top_5_hits"), is_percent("top_5_hits")) == ("top 5 hits", False)
    assert text_of("top_5_hits", 4.5) == "4.5000"


def test_metrics_are_listed_with_a_summary(cli: Callable[..., CompletedProcess[str]]) -> None:
    lines = cli("list", "metrics").stdout.splitlines()
    named = [line for line in lines if not line.startswith(" ")]
    assert set(NAMES) <= {line.split()[0] for line in named}
    assert all(len(line.split()) > 1 for line in named)
    assert set(NAMES) <= set(json.loads(cli("list", "metrics", "--json").stdout))
