"""Accuracy: the fraction of rows whose most probable class is the true one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric


class Accuracy(Metric):
    """The fraction of rows whose most probable class is the true one; of equal probabilities the first counts."""

    title = "accuracy"

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        return (probabilities.argmax(1) == labels).astype(float)
