"""Macro-F1: the mean F1 score over classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric
from textclf.metrics.per_class import per_class


class MacroF1(Metric):
    """The mean F1 score over classes; a class that neither occurs nor is predicted does not count.

    Notes
    -----
    Write ``t_i = 1`` if row i is of class c and predicted as c, ``p_i = 1`` if it is predicted as c, and ``n_i = 1`` if
    it is of class c; each is 0 otherwise. With the means ``T, P, N`` of these indicators over rows,

        F1_c = 2 T / (P + N),

    a smooth function of means. Its derivative in the direction of row i is the row's influence:

        2 (t_i − T) / (P + N) − 2 T (p_i + n_i − P − N) / (P + N)²  =  (2 t_i − F1_c (p_i + n_i)) / (P + N).

    For row i this is 0 for all classes but the true class y and the predicted class ŷ. So the influence on macro-F1 is

        (1 / C) (2 [y = ŷ] / (P_y + N_y) − F1_y / (P_y + N_y) − F1_ŷ / (P_ŷ + N_ŷ))

    with C the number of classes that count. Influences sum to 0. C is treated as a constant: the approximation is poor
    if a class has so few rows that another sample might hold none of them.
    """

    title = "macro-F1"

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        from sklearn.metrics import f1_score  # takes half a second; training does not need it

        return float(f1_score(labels, probabilities.argmax(1), average="macro", zero_division=0.0))

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the value plus the influence of each row, ``(n,)``; see the notes of the class."""
        predicted = probabilities.argmax(1)
        _, _, f1, support = per_class(labels, probabilities)
        rows = support + np.bincount(predicted, minlength=len(support))  # n (P_c + N_c)
        true_class = (2 * (predicted == labels) - f1[labels]) / rows[labels]
        predicted_class = f1[predicted] / rows[predicted]
        counted = np.count_nonzero(rows)
        linearised: np.ndarray = f1.sum() / counted + len(labels) / counted * (true_class - predicted_class)
        return linearised
