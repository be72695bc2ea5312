"""The base class of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from textclf.data.examples import Examples
from textclf.registry import PartOptions

if TYPE_CHECKING:
    from torch import Tensor


class Task:
    """What a model of labelled texts learns, predicts and is measured by.

    Attributes
    ----------
    metrics : tuple of str
        The names of the metrics that a row records.
    decides : str
        The metric that chooses the best epoch and ranks models, unless the setting ``select_by`` names another.
    """

    metrics: ClassVar[tuple[str, ...]]
    decides: ClassVar[str]

    class Options(PartOptions):
        pass

    @classmethod
    def fits(cls, examples: Examples) -> bool:
        """Whether these examples pose this task."""
        raise TypeError(f"{cls.__name__} does not define fits")

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Logits ``(batch, classes)`` and labels to the loss of each row ``(batch,)``."""
        raise TypeError(f"{type(self).__name__} does not define loss")

    def loss_of_a_guess(self, classes: int) -> float:
        """The loss of the same probability for every class."""
        raise TypeError(f"{type(self).__name__} does not define loss_of_a_guess")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Logits to probabilities, both ``(n, classes)``."""
        raise TypeError(f"{type(self).__name__} does not define probabilities")
