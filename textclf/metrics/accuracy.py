"""Accuracy: the fraction of rows whose most probable class is the true one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric


class Accuracy(Metric):
    """The fraction of rows whose most probable class is the true one.

    If several classes are equally probable, the first of them is the prediction.
    """

    title = "accuracy"

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return 1 for each correct row and 0 for each other row, ``(n,)``."""
        correct: np.ndarray = probabilities.argmax(1) == labels
        return correct.astype(float)
