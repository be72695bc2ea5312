"""Tables for a terminal, with as many columns as fit into its width."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from textclf.escape import visible
from textclf.report.cells import LOWER_IS_BETTER, cell_text, column_title
from textclf.results.experiment_records import Records
from textclf.results.tables import overview_table
from textclf.results.typed_table import Table

NAME_WIDTH = 14  # the model column keeps at least this width; a longer name is broken into lines
LEAST_WIDTH = 20  # characters; a narrower terminal breaks the lines
WORDS_WIDTH = 20  # the maximum width of another column of names, whose cells are broken into lines too
GAP = 3  # between two columns
REMOVED_LAST = {"name": 1, "difference": 2}  # kinds of columns that stay longer than others if there is little room
INTERVAL, TIE = "± half of the 95 % interval over runs", "≈ not distinguishable from the best"


def print_records(records: Records) -> None:
    """Print a table for each dataset, then how many runs are done if some are missing, then the failed runs."""
    console = Console(width=max(Console().width, LEAST_WIDTH))
    for dataset in records.datasets:
        table = _fitting(overview_table(dataset), console.width)
        console.print(_rich(dataset.title, table, console.width))
        for line in ("; ".join(_caption(table)), *dataset.notes, ""):
            console.print(Text(visible(line)))
    if records.missing:
        console.print(Text(visible(records.runs_done)))
    for row in records.failed:
        line = f"failed: {row.title}: {row.error}"
        console.print(Text(visible(line)))


def _caption(table: Table) -> Iterator[str]:
    """Yield the meaning of each sign and short title in a table."""
    yield INTERVAL
    if any(cell.note == "≈" for row in table.rows for cell in row):
        yield TIE
    if any(column.higher_is_better is False for column in table.columns):
        yield LOWER_IS_BETTER
    yield from (f"{column.title}: {column.description}" for column in table.columns if column.description)


def _rich(title: str, table: Table, width: int) -> RichTable:
    shown = RichTable(
        title=Text(visible(title), style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    name, *others = table.columns
    shown.add_column(name.title, overflow="fold")  # long names are broken into lines, numbers are not
    for column in others:
        if column.kind == "name":
            shown.add_column(column_title(column), overflow="fold", max_width=WORDS_WIDTH)
        else:
            shown.add_column(column_title(column), justify="right", no_wrap=True)
    room = width - sum(GAP + one for one in _widths(table)[1:])
    for row in table.rows:
        name_text, *texts = (visible(cell_text(*pair)) for pair in zip(table.columns, row, strict=True))
        cells = map(Text, [_broken(name_text, room), *texts])
        shown.add_row(*cells, style="bold" if row[0].best else None)
    return shown


def _broken(name: str, width: int) -> str:
    """A name in lines of at most ``width``, broken after hyphens; a longer part remains whole."""
    lines = [""]
    for part in re.split("(?<=-)", name):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _widths(table: Table) -> list[int]:
    """The width of each column in characters."""
    widths = [
        max(map(cell_len, [column_title(column), *(visible(cell_text(column, row[at])) for row in table.rows)]))
        for at, column in enumerate(table.columns)
    ]
    return [
        min(width, WORDS_WIDTH) if at > 0 and table.columns[at].kind == "name" else width
        for at, width in enumerate(widths)
    ]


def _fitting(table: Table, width: int) -> Table:
    """Return the table without the columns that do not fit.

    The name and the deciding metric always stay. The other columns are removed from the last to the first; the
    pretrained parts are removed after these, and the difference after all others.
    """
    widths = _widths(table)
    room = width - min(NAME_WIDTH, widths[0])
    kept = list(range(len(widths)))
    for at in sorted(kept[2:], key=lambda at: (REMOVED_LAST.get(table.columns[at].kind, 0), -at)):
        if sum(GAP + widths[one] for one in kept[1:]) > room:
            kept.remove(at)
    return table.with_columns(kept)
