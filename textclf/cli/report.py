"""``textclf report``: write the report of a folder of results again."""

from __future__ import annotations

from pathlib import Path

import typer


def report(folder: Path = typer.Argument(..., metavar="DIR", help="A folder with runs.jsonl.")) -> None:
    """Write DIR/README.md and its figures from the recorded rows, and print the tables.

    Examples:  textclf report results/default
    """
    from textclf.report import print_summary, write_report

    page = write_report(folder)
    print_summary(folder)
    typer.echo(f"report: {page}", err=True)
