"""Log loss: the mean negative logarithm of the true class's probability, in nats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric

SMALLEST = 1e-15  # smaller probabilities count as this one, so that one error cannot make the loss infinite


class LogLoss(Metric):
    """The mean negative logarithm of the true class's probability, in nats."""

    title = "log loss"
    higher_is_better = False
    percent = False

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, 1))
