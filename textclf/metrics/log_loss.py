"""Log loss: the mean negative logarithm of the true class's probability, in nats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric

SMALLEST = 1e-15  # smaller probabilities are raised to this one, so that one error cannot make the loss infinite


class LogLoss(Metric):
    """The mean negative logarithm of the true class's probability, in nats [1]_.

    References
    ----------
    .. [1] Good, "Rational Decisions", Journal of the Royal Statistical Society B 14, 1952.
    """

    title = "log loss"
    higher_is_better = False
    percent = False

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the loss of each row, ``(n,)``."""
        of_true_class = probabilities[np.arange(len(labels)), labels]
        losses: np.ndarray = -np.log(np.clip(of_true_class, SMALLEST, 1))
        return losses
