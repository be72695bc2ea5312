"""MAP: the mean average precision of ranked candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.metric import Metric
from textclf.metrics.ranking import rankings


class MeanAveragePrecision(Metric):
    """Mean average precision over groups with a right answer, ranked by the probability of the last class."""

    title = "MAP"
    needs_groups = True

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray | None:
        if groups is None:
            return None
        right = labels == probabilities.shape[1] - 1
        return rankings(right, probabilities[:, -1], groups)["map"]
