"""Tables of typed cells. Renderers only format the cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["name", "metric", "difference", "number", "word"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
    kind : {"name", "metric", "difference", "number", "word"}
        The content of its cells: a name that the user chose, a metric with its interval, a signed difference with its
        interval, another number, or a fixed word.
    unit : str
        The unit of its numbers; ``"%"`` if they are fractions that are shown in percent.
    decimals : int
    metric : str or None
        The name of the metric in the cells, for values and differences of a metric.
    higher_is_better : bool or None
        None if neither direction is better, or if it is unknown.
    description : str
        The full title, if ``title`` is an abbreviation.
    """

    title: str
    kind: Kind
    unit: str = ""
    decimals: int = 0
    metric: str | None = None
    higher_is_better: bool | None = None
    description: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    value : str, float or None
        None if nothing was measured.
    low, high : float or None
        The 95 % interval.
    best : bool
        Whether this is the best model, or the best value of its column.
    note : str
        Text after the value, or in its place if it is None: ``≈`` (not distinguishable from the best), ``best``.
    """

    value: str | float | None
    low: float | None = None
    high: float | None = None
    best: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Columns and rows of cells; each row has a cell for each column."""

    columns: list[Column]
    rows: list[list[Cell]] = field(default_factory=list)

    def with_columns(self, kept: list[int]) -> Table:
        """The table with only the columns at these positions."""
        return Table([self.columns[at] for at in kept], [[row[at] for at in kept] for row in self.rows])

    def measured(self) -> Table:
        """The table without the columns of numbers or names that hold no value."""
        optional = [at for at, column in enumerate(self.columns) if column.kind in {"number", "name"}]
        empty = [at for at in optional if all(row[at].value is None for row in self.rows)]
        return self.with_columns([at for at in range(len(self.columns)) if at not in empty])
