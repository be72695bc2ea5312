"""``textclf report``: write the report of a folder of results again."""

from __future__ import annotations

from pathlib import Path

import typer


def report(folder: Path = typer.Argument(..., metavar="DIR", help="A folder with runs.jsonl.")) -> None:
    """Write the report of a folder of results again, and print it.

    Examples:  textclf report results/default
    """
    from textclf.report import print_summary, write_report

    page = write_report(folder)
    print_summary(folder)
    typer.echo(f"report: {page}", err=True)
