"""Majority: always the most frequent class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textclf.registry import PartOptions


class Majority:
    """What is right without reading."""

    class Options(PartOptions):
        pass

    def __init__(self, classes: int) -> None:
        self.frequencies = np.full(classes, 1 / classes)

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Majority:
        """Count the class indices ``(n,)``; a class without a row has probability 0."""
        self.frequencies = np.bincount(labels, minlength=len(self.frequencies)) / len(labels)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        """The same probabilities ``(n, classes)`` for every text."""
        return np.tile(self.frequencies, (len(columns[0]), 1))

    def parameters(self) -> int:
        """How many numbers were learned."""
        return len(self.frequencies)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values that `restore` takes back."""
        return {"frequencies": self.frequencies}, {}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Majority:
        """Become the baseline whose `state` this is; `ValueError` if it is of other classes."""
        if arrays["frequencies"].shape != self.frequencies.shape:
            raise ValueError(f"frequencies {arrays['frequencies'].shape} of {len(self.frequencies)} classes")
        self.frequencies = arrays["frequencies"]
        return self
