"""Ranking: the rows of a group are candidates, ranked by the probability of the last class."""

from __future__ import annotations

from textclf.data.examples import Examples
from textclf.tasks.single_label import SingleLabel


class Ranking(SingleLabel):
    """Learned as `SingleLabel`; MAP over groups decides."""

    metrics = (*SingleLabel.metrics, "map", "mrr")
    decides = "map"

    @classmethod
    def fits(cls, examples: Examples) -> bool:
        return examples.groups is not None
