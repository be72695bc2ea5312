"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from textclf.escape import markdown
from textclf.report.cells import cell_text, column_title
from textclf.results.typed_table import Cell, Column, Table
from textclf.statistics.intervals import Interval


def markdown_table(header: list[str], rows: Iterable[list[str]]) -> Iterable[str]:
    """Lines of a table whose first column is text and whose other columns are numbers."""
    yield "| " + " | ".join(header) + " |"
    yield "|---" + "|--:" * (len(header) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def markdown_lines(table: Table) -> Iterable[str]:
    """Lines of a table of typed cells."""
    rows = [[_cell(*pair) for pair in zip(table.columns, row, strict=True)] for row in table.rows]
    return markdown_table(list(map(column_title, table.columns)), rows)


def plus_minus(interval: Interval) -> str:
    """A fraction and its interval in percent: ``81.23 ± 0.42``."""
    return cell_text(Column("", "metric", "%", 2), Cell(*interval))


def _cell(column: Column, cell: Cell) -> str:
    text = cell_text(column, cell)
    text = markdown(text) if column.kind == "name" else text
    return f"**{text}**" if cell.best else text
