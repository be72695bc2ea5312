"""Brier score: the mean squared distance between the probabilities and the true class, from 0 to 2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric


class Brier(Metric):
    """The Brier score in its original form for several classes [1]_.

    The score of a row is ``sum over classes c of (p_c − y_c)²`` with ``y_c = 1`` for the true class and 0 for the
    others. It ranges from 0 to 2. With two classes it is twice the binary Brier score, which counts one class only.

    References
    ----------
    .. [1] Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review 78, 1950.
    """

    title = "Brier score"
    higher_is_better = False
    percent = False

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the score of each row, ``(n,)``."""
        of_true_class = probabilities[np.arange(len(labels)), labels].astype(float)
        squares = np.einsum("nc,nc->n", probabilities, probabilities, dtype=float)
        # For the true class (1 − p)² = p² + 1 − 2p. Rounding must not make a sum of squares negative.
        scores: np.ndarray = np.maximum(squares + 1 - 2 * of_true_class, 0)
        return scores
