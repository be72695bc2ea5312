"""The base class of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from textclf.registry import PartOptions


class Metric:
    """One number that says how good predictions are.

    Attributes
    ----------
    title : str
        Its name in tables, as the field writes it.
    higher_is_better : bool, default True
    percent : bool, default True
        Whether tables show it in percent; otherwise as a plain number.
    needs_groups : bool, default False
        Whether it ranks the rows of each group, so that it has no value without groups.
    """

    title: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    percent: ClassVar[bool] = True
    needs_groups: ClassVar[bool] = False

    class Options(PartOptions):
        pass

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        """The metric's value.

        Parameters
        ----------
        labels : np.ndarray
            ``(n,)``, class indices.
        probabilities : np.ndarray
            ``(n, classes)``.
        groups : sequence of str, optional
            ``(n,)``: the group of each row, where rows are ranked within groups.
        """
        units = self.per_unit(labels, probabilities, groups)
        if units is None:
            raise TypeError(f"{type(self).__name__} defines neither value nor per_unit")
        return float(units.mean()) if len(units) else 0.0

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray | None:
        """The value of each unit (a row, or a group), whose mean is `value`; None where there is none.

        For a metric that is no mean over units, as macro-F1, these are linearised values: the value plus each unit's
        influence function.
        """
        return None
