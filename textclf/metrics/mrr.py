"""MRR: the mean reciprocal rank of ranked candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.metrics.group_ranks import rankings_of
from textclf.metrics.metric import Metric


class MeanReciprocalRank(Metric):
    """The mean reciprocal rank over groups with a right answer, ranked by the probability of the last class [1]_.

    Rows of the last class are the right answers. Ranks start at 1; the rank of a group is the rank of its first right
    answer. Equal probabilities are handled as in `ranking`.

    References
    ----------
    .. [1] Voorhees, "The TREC-8 Question Answering Track Report", TREC 1999.
    """

    title = "MRR"
    needs_groups = True

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        """Return the reciprocal rank of each group with a right answer, ``(groups,)``, ordered by name."""
        return rankings_of(labels, probabilities, groups)["mrr"]
