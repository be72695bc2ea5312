"""Single label: each text has exactly one class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import softmax

from textclf.data.examples import Examples
from textclf.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor


class SingleLabel(Task):
    """Cross-entropy of a softmax over classes; accuracy decides."""

    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1", "log_loss")
    decides = "accuracy"

    @classmethod
    def fits(cls, examples: Examples) -> bool:
        return True

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits.float(), labels, reduction="none")

    def loss_of_a_guess(self, classes: int) -> float:
        return math.log(classes)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        return softmax(logits, axis=1)
