"""Warnings about test predictions that are no better than a guess."""

from __future__ import annotations

import numpy as np

from textclf.config import RunConfig
from textclf.data.splits import Splits


def warnings_of(config: RunConfig, splits: Splits, probabilities: np.ndarray) -> list[str]:
    """Return the warnings about a run's test predictions; ranked data and the encoder `majority` have none.

    If several classes are the most frequent in training, the one with the fewest test rows is the reference.

    Parameters
    ----------
    config : RunConfig
    splits : Splits
    probabilities : np.ndarray
        ``(test rows, classes)``.
    """
    if config.encoder.part == "majority" or splits.test.groups is not None:
        return []
    labels, predicted = splits.test.label_indices(splits.classes), probabilities.argmax(1)
    counts = np.bincount(splits.train.label_indices(splits.classes))
    correct_by_majority = min(np.sum(labels == label) for label in np.flatnonzero(counts == counts.max()))
    warnings = []
    if len(set(predicted)) == 1 < len(set(labels)):
        warnings.append("predicts one class only")
    if np.sum(labels == predicted) < correct_by_majority:
        warnings.append("test accuracy below always choosing the most frequent class")
    return warnings
