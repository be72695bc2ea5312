"""Cells as text: how numbers and intervals look in every format."""

from __future__ import annotations

from textclf.results.typed_table import Cell, Column

LOWER = " ↓"  # after the name of a metric for which lower values are better
LOWER_IS_BETTER = "↓: lower is better"


def column_title(column: Column) -> str:
    """A column's title, with an arrow if lower values are better."""
    return f"{column.title}{LOWER if column.higher_is_better is False else ''}"


def cell_text(column: Column, cell: Cell) -> str:
    """A cell as text, without any mark-up or escape: ``81.23 ± 0.42``, ``-1.20 [-2.00, -0.40] ≈``, ``1,234``, ``–``."""
    if cell.value is None:
        return cell.note or "–"
    if isinstance(cell.value, str):
        return cell.value
    factor, sign = (100 if column.unit == "%" else 1), "+" if column.kind == "difference" else ""
    thousands = "," if column.kind == "number" and not column.decimals else ""
    digits = f"{sign}{thousands}.{column.decimals}f"
    text = f"{factor * cell.value:{digits}}"
    if cell.low is not None and cell.high is not None:
        if column.kind == "difference":
            text += f" [{factor * cell.low:{digits}}, {factor * cell.high:{digits}}]"
        else:
            text += f" ± {factor * (cell.high - cell.value):{digits}}"
    return f"{text} {cell.note}" if cell.note else text
