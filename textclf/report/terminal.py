"""The tables of a report for a terminal: as many columns as find room, the model's name always."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from textclf.escape import visible
from textclf.report.markdown import plus_minus
from textclf.report.records import ModelSummary, Table, metric_title, read_records

NAME_WIDTH = 14  # that the model column keeps; a longer name is broken
CAPTION = "± 95 % interval over runs; ≈ not told from the best"
CAPTIONS = {"encoder": "encoder parameters", "text/s": "training speed"}


def print_summary(folder: str | Path) -> None:
    """Print a table a dataset on standard output, the best model first."""
    console = Console()
    records = read_records(folder)
    for table in records.tables:
        console.print(_rich(table, console.width))
        for note in table.notes:
            console.print(Text(visible(note)))
    for row in records.failed:
        line = f"failed: {row['dataset']} {row['model']} seed {row['seed']}: {row['error']}"
        console.print(Text(visible(line)))


def _rich(table: Table, width: int) -> RichTable:
    title = Text(visible(table.title), style="bold")
    made = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    models = sorted(table.models, key=lambda model: -model.score.mean)
    names = [Text(visible(model.model)) for model in models]
    columns = _fitting(_columns(table, models), width - min(NAME_WIDTH, max(name.cell_len for name in names)))
    made.add_column("model", overflow="fold")  # a long name is broken, numbers never are
    for header in columns:
        made.add_column(header, justify="right", no_wrap=True)
    for model, name, *cells in zip(models, names, *columns.values(), strict=True):
        made.add_row(name, *cells, style="bold" if model.difference is None else None)
    made.caption = "; ".join([CAPTION, *(CAPTIONS[header] for header in columns if header in CAPTIONS)])
    made.caption_justify = "left"
    return made


def _columns(table: Table, models: list[ModelSummary]) -> dict[str, list[str]]:
    """Header to cells, one a model, in the order in which they are shown."""
    metrics = ("map", "mrr") if table.metric == "map" else ("accuracy", "macro_f1")
    return {
        **{metric_title(name): [plus_minus(model.metrics[name]) for model in models] for name in metrics},
        "vs best": [_difference(model) for model in models],
        "encoder": [f"{model.parameters['encoder']:,}" for model in models],
        "text/s": [_speed(model) for model in models],
    }


def _fitting(columns: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Those of the columns that find room: what is needed least goes first, the metric that decides stays."""
    decides, second, *others = columns
    kept = dict(columns)
    for header in (*reversed(others[1:]), second, others[0]):
        if sum(3 + max(map(cell_len, [header, *cells])) for header, cells in kept.items()) > width:
            del kept[header]
    return kept


def _difference(model: ModelSummary) -> str:
    if model.difference is None:
        return "best"
    return f"{100 * model.difference.mean:+.2f}{' ≈' if model.ties else ''}"


def _speed(model: ModelSummary) -> str:
    return "–" if model.speed is None else f"{model.speed['train_examples_per_second']:,.0f}"
