"""Balanced accuracy: the mean recall over classes, so that each class counts the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric
from textclf.metrics.per_class import per_class


class BalancedAccuracy(Metric):
    """The mean recall over the classes that occur [1]_.

    Notes
    -----
    With ``T`` the fraction of rows that are of class c and predicted as c, and ``N`` the fraction of rows of class c,
    ``recall_c = T / N``. As in `MacroF1`, its derivative in the direction of row i is the row's influence: with
    ``t_i`` and ``n_i`` the row's own indicators,

        (t_i − T) / N − T (n_i − N) / N²  =  (t_i − recall_c n_i) / N.

    This is 0 for all classes but the row's true class y. So the influence on balanced accuracy is

        (1 / C) ([y = ŷ] − recall_y) / N_y

    with ŷ the predicted class and C the number of classes that occur. Influences sum to 0. C is treated as a constant.

    References
    ----------
    .. [1] Brodersen, Ong, Stephan and Buhmann, "The Balanced Accuracy and Its Posterior Distribution", ICPR 2010.
    """

    title = "balanced accuracy"

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        _, recall, _, support = per_class(labels, probabilities)
        return float(recall[support > 0].mean())

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the value plus the influence of each row, ``(n,)``; see the notes of the class."""
        _, recall, _, support = per_class(labels, probabilities)
        correct = probabilities.argmax(1) == labels
        influence = len(labels) / np.count_nonzero(support) * (correct - recall[labels]) / support[labels]
        linearised: np.ndarray = recall[support > 0].mean() + influence
        return linearised
