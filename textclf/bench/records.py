"""Records of the benchmark: reading them, and writing their numbers and ratios as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

from textclf.results.rows import BenchRecord
from textclf.results.store import read_rows


class BenchRecords:
    """Records in the order in which they were measured."""

    def __init__(self, records: Iterable[BenchRecord]) -> None:
        self._records = list(records)

    def __iter__(self) -> Iterator[BenchRecord]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def parts(self) -> dict[str, BenchRecords]:
        """The records that each section measured, by the section's name."""
        parts: dict[str, list[BenchRecord]] = {}
        for record in self:
            parts.setdefault(record.part, []).append(record)
        return {name: BenchRecords(records) for name, records in parts.items()}

    def table(self, section: str) -> dict[str, dict[str, BenchRecord]]:
        """The records of one table: subject to variant to record."""
        subjects: dict[str, dict[str, BenchRecord]] = {}
        for record in self:
            if record.section == section:
                subjects.setdefault(record.subject, {})[record.variant] = record
        return subjects


def read_bench_records(folder: Path) -> BenchRecords:
    """The records of a folder; none if it has no file of records.

    Raises
    ------
    DataError
        If a line is not a record.
    """
    return BenchRecords(read_rows(folder, BenchRecord))


def median_of(record: BenchRecord | None) -> float | None:
    """The median of a record's values."""
    return None if record is None else median(record.values)


def spread(record: BenchRecord | None, digits: int = 3) -> str:
    """Median, least and greatest value, as in ``502 (480–517)``; a dash for None."""
    if record is None:
        return "–"
    values = record.values
    middle = rounded(median(values), digits)
    return middle if len(values) == 1 else f"{middle} ({rounded(min(values), digits)}–{rounded(max(values), digits)})"


def rounded(value: float, digits: int = 3) -> str:
    """A number with ``digits`` significant digits, and with commas between thousands."""
    number = float(f"{value:.{digits}g}")
    return f"{number:,.0f}" if abs(number) >= 10 ** (digits - 1) else f"{number:g}"


def ratio(one: BenchRecord | None, other: BenchRecord | None) -> str:
    """The median of ``one`` divided by the median of ``other``, as in ``**8.3×**``."""
    above, below = median_of(one), median_of(other)
    return "–" if above is None or not below else f"**{rounded(above / below, 2)}×**"


def share(one: BenchRecord | None, other: BenchRecord | None) -> str:
    """The median of ``one`` in percent of the median of ``other``, as in ``**77 %**``."""
    above, below = median_of(one), median_of(other)
    return "–" if above is None or not below else f"**{100 * above / below:.0f} %**"


def exponent(sizes: Iterable[float], costs: Iterable[float]) -> float:
    """The exponent p in cost = c · size^p: the slope of a line that is fitted to the logarithms."""
    return float(np.polyfit(np.log(list(sizes)), np.log(list(costs)), 1)[0])
