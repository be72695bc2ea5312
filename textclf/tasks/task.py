"""The base class of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from textclf.data.examples import Examples, sorted_classes
from textclf.registry import PartOptions

if TYPE_CHECKING:
    from torch import Tensor


class Task:
    """Base class of tasks: how a model learns from labels, what it predicts, and which metrics measure it.

    Everything that depends on the meaning of a label is a method of the task; training, prediction and measurement call
    it. Targets are the labels as numbers. `targets` decides their shape; `loss` and the task's metrics receive them.

    Attributes
    ----------
    metrics : tuple of str
        The names of the metrics that a result row records.
    decides : str
        The metric that chooses the best epoch and ranks models, unless the setting ``select_by`` names another.
    """

    metrics: ClassVar[tuple[str, ...]]
    decides: ClassVar[str]

    class Options(PartOptions):
        pass

    @classmethod
    def fits(cls, *splits: Examples) -> bool:
        """Return whether the task can be learned from a corpus with these splits."""
        raise TypeError(f"{cls.__name__} does not define fits")

    def classes(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the classes of a list of labels, in the order of the probabilities' columns.

        By default each distinct label is a class; a task whose labels name several classes splits them.
        """
        return sorted_classes(labels)

    def targets(self, labels: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        """Convert labels to targets, an array with one row for each label; `KeyError` if a label names no class."""
        raise TypeError(f"{type(self).__name__} does not define targets")

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each row, ``(batch,)``, from logits ``(batch, classes)`` and targets."""
        raise TypeError(f"{type(self).__name__} does not define loss")

    def loss_of_a_guess(self, classes: int) -> float:
        """Return the loss of a model whose logits are all 0."""
        raise TypeError(f"{type(self).__name__} does not define loss_of_a_guess")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Convert logits to probabilities, both ``(n, classes)``."""
        raise TypeError(f"{type(self).__name__} does not define probabilities")

    def predict(self, probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return the predicted label of each row, ``(n,)``; a label is a tuple if a row may have several classes.

        Parameters
        ----------
        probabilities : np.ndarray
            ``(n, classes)``.
        classes : np.ndarray
            ``(classes,)``, of any type.
        """
        raise TypeError(f"{type(self).__name__} does not define predict")

    def warnings(self, train: np.ndarray, test: np.ndarray, probabilities: np.ndarray) -> list[str]:
        """Return reasons to doubt the test predictions; by default none.

        Parameters
        ----------
        train, test : np.ndarray
            The targets of both splits.
        probabilities : np.ndarray
            ``(n, classes)``, the predictions for the test split.
        """
        return []
