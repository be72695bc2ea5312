"""The benchmark's records: which are set beside each other, and how numbers and ratios are told."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import numpy as np

from textclf.results.rows import BenchRecord as Record


class Sections:
    """Records by section, subject and variant, in the order in which they were measured."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records

    def of(self, section: str) -> dict[str, dict[str, Record]]:
        """Subject to variant to record."""
        found: dict[str, dict[str, Record]] = {}
        for record in self.records:
            if record.section == section:
                found.setdefault(record.subject, {})[record.variant] = record
        return found


def middle(record: Record | None) -> float | None:
    """The median of a record's values."""
    return None if record is None else median(record.values)


def spread(record: Record | None, digits: int = 3) -> str:
    """``502 (480–517)``: median, least and greatest; a dash where nothing was measured."""
    if record is None:
        return "–"
    values = record.values
    whole = short(median(values), digits)
    return whole if len(values) == 1 else f"{whole} ({short(min(values), digits)}–{short(max(values), digits)})"


def short(value: float, digits: int = 3) -> str:
    """A number with so many digits that count, and a comma in thousands."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:g}"


def ratio(one: Record | None, other: Record | None) -> str:
    """How many times ``one`` is ``other``."""
    above, below = middle(one), middle(other)
    return "–" if above is None or not below else f"**{short(above / below, 2)}×**"


def share(one: Record | None, other: Record | None) -> str:
    """What part of ``other`` ``one`` is."""
    above, below = middle(one), middle(other)
    return "–" if above is None or not below else f"**{100 * above / below:.0f} %**"


def exponent(sizes: Iterable[float], costs: Iterable[float]) -> float:
    """The slope of the line through the logarithms of two or more: costs grow as sizes to this power."""
    return float(np.polyfit(np.log(list(sizes)), np.log(list(costs)), 1)[0])
