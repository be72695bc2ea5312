"""Metrics: how good predictions are. A metric is one file here and one line below; nothing here needs torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from textclf.metrics.metric import Metric
from textclf.registry import Registry

METRICS = Registry(
    "metric",
    {
        "accuracy": "textclf.metrics.accuracy:Accuracy",
        "balanced_accuracy": "textclf.metrics.balanced_accuracy:BalancedAccuracy",
        "brier": "textclf.metrics.brier:Brier",
        "expected_calibration_error": "textclf.metrics.expected_calibration_error:ExpectedCalibrationError",
        "log_loss": "textclf.metrics.log_loss:LogLoss",
        "macro_f1": "textclf.metrics.macro_f1:MacroF1",
        "map": "textclf.metrics.map:MeanAveragePrecision",
        "mrr": "textclf.metrics.mrr:MeanReciprocalRank",
    },
    "textclf.metrics",
)


def metric_of(name: str) -> Metric:
    """Return the metric of that name, with its default options."""
    metric: Metric = METRICS.build(name)
    return metric


def measure(
    names: Iterable[str], labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
) -> dict[str, float]:
    """Return the value of each metric of ``names``; see `Metric.value` for the arguments."""
    return {name: metric_of(name).value(labels, probabilities, groups) for name in names}


def title_of(name: str) -> str:
    """Return a metric's name in tables; a metric that is not registered has its own name, with spaces.

    Recorded rows may hold the metric of a plug-in that is not loaded, and are shown all the same.

    >>> title_of("macro_f1"), title_of("top_5_accuracy")
    ('macro-F1', 'top 5 accuracy')
    """
    return metric_of(name).title if name in METRICS else name.replace("_", " ")


def is_percent(name: str) -> bool:
    """Return whether tables show a metric in percent; a metric that is not registered is shown as a plain number."""
    return name in METRICS and metric_of(name).percent


def text_of(name: str, value: float, sign: str = "") -> str:
    """Return a metric's value (or a difference, or half an interval) as tables show it, without a percent sign.

    Parameters
    ----------
    name : str
    value : float
    sign : str, default ""
        ``"+"`` to write the sign of positive values too.

    >>> text_of("accuracy", 0.8123), text_of("log_loss", 0.8123), text_of("accuracy", 0.0123, "+")
    ('81.23', '0.8123', '+1.23')
    """
    return f"{100 * value:{sign}.2f}" if is_percent(name) else f"{value:{sign}.4f}"
