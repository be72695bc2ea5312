"""Single label: each text has exactly one class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from textclf.data.examples import Examples
from textclf.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor


class SingleLabel(Task):
    """Cross-entropy of a softmax over classes; accuracy decides. Targets are class indices ``(n,)`` int64."""

    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1", "log_loss")
    decides = "accuracy"

    @classmethod
    def fits(cls, *splits: Examples) -> bool:
        return True

    def targets(self, labels: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        index = {label: position for position, label in enumerate(classes)}
        return np.array([index[label] for label in labels], dtype=np.int64)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy  # here, because listing the tasks must not import torch

        return cross_entropy(logits, targets, reduction="none")

    def loss_of_a_guess(self, classes: int) -> float:
        return math.log(classes)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        # Not scipy.special.softmax: the import of scipy takes half a second.
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        probabilities: np.ndarray = exponentials / exponentials.sum(1, keepdims=True)
        return probabilities

    def predict(self, probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return the most probable class of each row; of equally probable classes, the first."""
        most_probable: np.ndarray = classes[probabilities.argmax(1)]
        return most_probable

    def warnings(self, train: np.ndarray, test: np.ndarray, probabilities: np.ndarray) -> list[str]:
        """Warn if one class only is predicted, or if always predicting the most frequent class is better.

        If several classes are equally frequent in training, the one with the fewest test rows is compared.
        """
        predicted, counts = probabilities.argmax(1), np.bincount(train)
        right_without_texts = min(np.sum(test == label) for label in np.flatnonzero(counts == counts.max()))
        warnings = []
        if len(set(predicted)) == 1 < len(set(test)):
            warnings.append("predicts one class only")
        if np.sum(test == predicted) < right_without_texts:
            warnings.append("test accuracy is lower than that of always predicting the most frequent class")
        return warnings
