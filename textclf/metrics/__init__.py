"""Metrics: how good predictions are. A metric is one file here and one line below; nothing here needs torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from textclf.errors import TrainingError
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

TOLERANCE = 1e-9  # for rounding errors


def metric_of(name: str) -> Metric:
    """Return the metric of that name, with its default options."""
    metric: Metric = METRICS.build(name)
    return metric


def measure(
    names: Iterable[str], labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
) -> dict[str, float]:
    """Return the value of each metric of ``names``; see `Metric.value` for the arguments.

    Raises
    ------
    TrainingError
        If a value is not a finite number, or if the value of a metric in percent is not between 0 and 1.
    """
    return {name: _checked(name, metric_of(name).value(labels, probabilities, groups)) for name in names}


def _checked(name: str, value: float) -> float:
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise TrainingError(f'metric "{name}": expected a finite float, measured {value!r}; correct its class')
    if is_percent(name) and not -TOLERANCE <= value <= 1 + TOLERANCE:
        raise TrainingError(
            f'metric "{name}": expected 0 to 1, because percent is True, measured {value:.4g}; divide it, or set '
            "percent = False"
        )
    return value


def title_of(name: str) -> str:
    """Return a metric's name in tables; a metric without a title has its own name, with spaces.

    Recorded rows may have the metric of a plug-in that is not loaded; tables show it too.

    >>> title_of("macro_f1"), title_of("top_5_accuracy")
    ('macro-F1', 'top 5 accuracy')
    """
    return (name in METRICS and metric_of(name).title) or name.replace("_", " ")


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
