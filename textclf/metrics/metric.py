"""The base class of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from textclf.registry import PartOptions


class Metric:
    """One number that says how good predictions are.

    A metric defines `per_unit` if it is a mean over units, and `value` if it is not; a metric that defines both returns
    linearised values from `per_unit`.

    Attributes
    ----------
    title : str, optional
        The metric's name in tables, as papers write it; by default its registered name, with spaces.
    higher_is_better : bool, default True
    percent : bool, default True
        Whether tables show the value in percent; otherwise they show a plain number.
    needs_groups : bool, default False
        Whether the metric ranks the rows of each group, so that it has no value without groups.
    """

    title: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True
    percent: ClassVar[bool] = True
    needs_groups: ClassVar[bool] = False

    class Options(PartOptions):
        pass

    @property
    def direction(self) -> int:
        """1 if higher values are better, else −1.

        The better of two values is the one with the higher ``direction * value``.
        """
        return 1 if self.higher_is_better else -1

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        """Return the metric's value.

        Parameters
        ----------
        labels : np.ndarray
            ``(n,)``: the index of each row's true class; at least one row.
        probabilities : np.ndarray
            ``(n, classes)``.
        groups : sequence of str, optional
            ``(n,)``: the group of each row, for metrics that rank the rows of each group.

        Returns
        -------
        float
            By default the mean of `per_unit`; 0 if there are no units, for example if no group has a right answer.
        """
        units = self.per_unit(labels, probabilities, groups)
        if units is None:
            raise TypeError(f"{type(self).__name__} defines neither value nor per_unit")
        return float(units.mean()) if len(units) else 0.0

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray | None:
        """Return one number for each unit; their mean is the metric's value.

        A unit is a row, or a group of rows if rows are ranked. For a metric that is a smooth function of means, such
        as macro-F1, the numbers are linearised values: the metric's value plus the unit's influence function. The
        sampling variance of their mean approximates the sampling variance of the metric (the delta method) [1]_.

        Parameters
        ----------
        labels, probabilities, groups
            As for `value`.

        Returns
        -------
        np.ndarray or None
            ``(units,)``, rows in their order or groups in the order of their names; None if the metric has no such
            decomposition.

        References
        ----------
        .. [1] Hampel, "The Influence Curve and Its Role in Robust Estimation", JASA 69, 1974.
        """
        return None
