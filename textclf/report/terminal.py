"""The tables of a report for a terminal: as many columns as find room, the model's name always."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from textclf.escape import visible
from textclf.metrics import title_of
from textclf.report.markdown_tables import plus_minus
from textclf.results.tables import ModelSummary, Table, read_records

NAME_WIDTH = 14  # the model column keeps this width; a longer name is broken
LEAST_WIDTH = 20  # columns; a narrower terminal breaks the lines
GAP = 3  # between two columns
CAPTION = "± 95 % interval over runs; ≈ not distinguishable from the best"
CAPTIONS = {"encoder": "encoder parameters", "text/s": "training speed"}


def print_summary(folder: str | Path) -> None:
    """Print a table a dataset on standard output, the best model first."""
    console = Console(width=max(Console().width, LEAST_WIDTH))
    records = read_records(folder)
    for table in records.tables:
        columns = _fitting(table, console.width)
        console.print(_rich(table, columns))
        caption = "; ".join([CAPTION, *(CAPTIONS[header] for header in columns if header in CAPTIONS)])
        for line in (caption, *table.notes, ""):
            console.print(Text(visible(line)))
    if records.missing:
        console.print(Text(visible(records.runs_done)))
    for row in records.failed:
        line = f"failed: {row['dataset']} {row['model']} seed {row['seed']}: {row['error']}"
        console.print(Text(visible(line)))


def _rich(table: Table, columns: dict[str, list[str]]) -> RichTable:
    title = Text(visible(table.title), style="bold")
    made = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    made.add_column("model", overflow="fold")  # a long name is broken, numbers never are
    for header in columns:
        made.add_column(header, justify="right", no_wrap=True)
    for model, *cells in zip(_ranked(table), *columns.values(), strict=True):
        made.add_row(Text(visible(model.model)), *cells, style="bold" if model.difference is None else None)
    return made


def _fitting(table: Table, width: int) -> dict[str, list[str]]:
    """Return the columns that find room beside the model's name; the metric that decides is always there."""
    columns = _columns(table)
    _, second, difference, *costs = columns
    room = width - min(NAME_WIDTH, max(cell_len(visible(model.model)) for model in table.models))
    for header in (*reversed(costs), second, difference):  # what is needed least goes first
        if sum(GAP + max(map(cell_len, [title, *cells])) for title, cells in columns.items()) > room:
            del columns[header]
    return columns


def _columns(table: Table) -> dict[str, list[str]]:
    """Header to cells, one a model, in the order in which they are shown."""
    models = _ranked(table)
    metrics = ("map", "mrr") if table.metric == "map" else ("accuracy", "macro_f1")
    return {
        **{title_of(name): [plus_minus(model.metrics[name]) for model in models] for name in metrics},
        "vs best": [_difference(model) for model in models],
        "encoder": [f"{model.parameters['encoder']:,}" for model in models],
        "text/s": [_speed(model) for model in models],
    }


def _ranked(table: Table) -> list[ModelSummary]:
    return sorted(table.models, key=lambda model: -model.score.mean)


def _difference(model: ModelSummary) -> str:
    if model.difference is None:
        return "best"
    return f"{100 * model.difference.mean:+.2f}{' ≈' if model.ties else ''}"


def _speed(model: ModelSummary) -> str:
    return "–" if model.speed is None else f"{model.speed['train_examples_per_second']:,.0f}"
