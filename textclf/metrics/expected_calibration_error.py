"""Expected calibration error: the mean gap between confidence and accuracy, over bins of equal width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from textclf.metrics.metric import Metric
from textclf.registry import PartOptions


class ExpectedCalibrationError(Metric):
    """The mean gap between confidence and accuracy [1]_ [2]_.

    The confidence of a row is the probability of its most probable class. Rows are put into ``bins`` intervals of
    confidence of equal width, ``((b − 1)/bins, b/bins]``. The error is ``sum over bins b of n_b/n |accuracy_b −
    confidence_b|``, where ``n_b`` is the number of rows in a bin and the last two terms are means over these rows.

    The error is neither a mean over rows nor a smooth function of means, so it has no value per unit. It is biased
    upwards if bins hold few rows.

    Parameters
    ----------
    bins : int, default 15
        15 as in [2]_.

    References
    ----------
    .. [1] Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    .. [2] Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
    """

    title = "ECE"
    higher_is_better = False

    class Options(PartOptions):
        bins: int = Field(15, ge=1)

    def __init__(self, bins: int) -> None:
        self.bins = bins

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        confidence = probabilities.max(1).astype(float)
        excess = confidence - (probabilities.argmax(1) == labels)
        inner_borders = np.linspace(0, 1, self.bins + 1)[1:-1]
        gaps = np.bincount(np.digitize(confidence, inner_borders, right=True), excess)  # n_b (confidence − accuracy)
        return float(np.abs(gaps).sum()) / len(labels)
