"""Macro-F1: the mean F1 score over classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import f1_score

from textclf.metrics.metric import Metric


class MacroF1(Metric):
    """The mean F1 score over classes; a class that neither occurs nor is predicted does not count."""

    title = "macro-F1"

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        return float(f1_score(labels, probabilities.argmax(1), average="macro", zero_division=0.0))
