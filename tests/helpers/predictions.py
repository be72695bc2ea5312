"""Labels, probabilities and groups that tests of metrics share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Predictions(NamedTuple):
    labels: np.ndarray  # (n,)
    probabilities: np.ndarray  # (n, classes)
    groups: list[str]


def random_predictions(rows: int = 97, classes: int = 5, groups: int = 7, seed: int = 0) -> Predictions:
    """Predictions that are better than chance; each group has a row of the last class, for the metrics of rankings."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, rows)
    labels[:groups] = classes - 1
    logits = random.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return Predictions(labels, probabilities, [f"group {row % groups}" for row in range(rows)])


def with_odd_classes() -> Predictions:
    """Unbalanced classes 0 to 2; class 3 is predicted but never occurs, class 4 neither occurs nor is predicted."""
    random = np.random.default_rng(1)
    labels = random.choice(3, 60, p=[0.6, 0.3, 0.1])
    predicted = np.where(random.random(60) < 0.6, labels, random.integers(0, 4, 60))
    probabilities = np.full((60, 5), 0.1)
    probabilities[np.arange(60), predicted] = 0.6
    return Predictions(labels, probabilities, ["one group"] * 60)
