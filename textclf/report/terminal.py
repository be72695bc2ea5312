"""The tables of a report for a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from textclf.report.markdown import plus_minus
from textclf.report.records import ModelSummary, Table, metric_title, read_records


def print_summary(folder: str | Path) -> None:
    """Print a table a dataset on standard output, the best model first."""
    console = Console()
    records = read_records(folder)
    for table in records.tables:
        console.print(_rich(table))
    if records.missing:
        console.print(records.runs_done, markup=False, highlight=False)
    for row in records.failed:
        console.print(f"failed: {row['dataset']} {row['model']} seed {row['seed']}: {row['error']}", markup=False)


def _rich(table: Table) -> RichTable:
    made = RichTable(title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("model", overflow="fold")  # a long name is broken, numbers never are
    names = ("map", "mrr") if table.metric == "map" else ("accuracy", "macro_f1")
    for title in (*map(metric_title, names), "vs best", "encoder", "text/s"):
        made.add_column(title, justify="right", no_wrap=True)
    for model in sorted(table.models, key=lambda model: -model.score.mean):
        made.add_row(*_cells(model, names), style="bold" if model.difference is None else None)
    made.caption = "± 95 % interval over runs; ≈ not told from the best; encoder parameters; training speed"
    made.caption_justify = "left"
    return made


def _cells(model: ModelSummary, names: tuple[str, str]) -> list[str]:
    difference = (
        "best" if model.difference is None else f"{100 * model.difference.mean:+.2f}{' ≈' if model.ties else ''}"
    )
    speed = "–" if model.speed is None else f"{model.speed['train_examples_per_second']:,.0f}"
    metrics = [plus_minus(model.metrics[name]) for name in names]
    return [model.model, *metrics, difference, f"{model.parameters['encoder']:,}", speed]
