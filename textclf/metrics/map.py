"""MAP: the mean average precision of ranked candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.group_ranks import rankings_of
from textclf.metrics.metric import Metric


class MeanAveragePrecision(Metric):
    """The mean average precision over groups with a right answer, ranked by the probability of the last class [1]_.

    Rows of the last class are the right answers. Equal probabilities are handled as `ranking` describes.

    References
    ----------
    .. [1] Voorhees and Harman, "TREC: Experiment and Evaluation in Information Retrieval", MIT Press 2005, chapter 3.
    """

    title = "MAP"
    needs_groups = True

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the average precision of each group with a right answer, ``(groups,)``, ordered by name."""
        return rankings_of(labels, probabilities, groups)["map"]
