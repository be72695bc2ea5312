"""``textclf report``: write the report of a folder of results again."""

from __future__ import annotations

from pathlib import Path

import typer


def report(folder: Path = typer.Argument(..., metavar="DIR", help="A folder with runs.jsonl or bench.jsonl.")) -> None:
    """Write the report of a folder of results again, and print it.

    Examples:  textclf report results/default
    """
    from textclf.report import RECORDS, print_summary, write_bench_report, write_report

    if (folder / RECORDS).exists():
        typer.echo(f"report: {write_bench_report(folder)}", err=True)
        return
    page = write_report(folder)
    print_summary(folder)
    typer.echo(f"report: {page}", err=True)
