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
        "log_loss": "textclf.metrics.log_loss:LogLoss",
        "macro_f1": "textclf.metrics.macro_f1:MacroF1",
        "map": "textclf.metrics.map:MeanAveragePrecision",
        "mrr": "textclf.metrics.mrr:MeanReciprocalRank",
    },
    "textclf.metrics",
)


def metric_of(name: str) -> Metric:
    """The metric of that name, with its default options."""
    return METRICS.build(name)


def title_of(name: str) -> str:
    """A metric's name in tables."""
    return metric_of(name).title


def measure(
    names: Iterable[str], labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
) -> dict[str, float]:
    """The value of each metric of ``names``; see `Metric.value` for the arguments."""
    return {name: metric_of(name).value(labels, probabilities, groups) for name in names}
