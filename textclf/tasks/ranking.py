"""Ranking: the rows of a group are candidates, ranked by the probability of the last class."""

from __future__ import annotations

import numpy as np

from textclf.data.examples import Examples
from textclf.tasks.single_label import SingleLabel


class Ranking(SingleLabel):
    """Cross-entropy, as for `SingleLabel`; the mean average precision (MAP) over groups decides."""

    metrics = (*SingleLabel.metrics, "map", "mrr")
    decides = "map"

    @classmethod
    def fits(cls, *splits: Examples) -> bool:
        return all(examples.groups is not None for examples in splits)

    def warnings(self, train: np.ndarray, test: np.ndarray, probabilities: np.ndarray) -> list[str]:
        """Return no warnings: few candidates are right, so a good ranking may predict one class only."""
        return []
