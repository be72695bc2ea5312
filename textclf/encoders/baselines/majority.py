"""Majority: always the most frequent class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textclf.encoders.baselines.baseline import Baseline


class Majority(Baseline):
    """Predict the frequencies of the classes in training as the probabilities of every text.

    Parameters
    ----------
    classes : int
    """

    reads_texts = False

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self.frequencies = np.full(classes, 1 / classes)

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Majority:
        self.frequencies = np.bincount(labels, minlength=self.classes) / len(labels)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        return np.tile(self.frequencies, (len(columns[0]), 1))

    def parameters(self) -> int:
        return len(self.frequencies)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"frequencies": self.frequencies}, {}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Majority:
        if arrays["frequencies"].shape != (self.classes,):
            raise ValueError(f"frequencies {arrays['frequencies'].shape} of {self.classes} classes")
        self.frequencies = arrays["frequencies"]
        return self
