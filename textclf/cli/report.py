"""``textclf report``: write the report of a folder of results again."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import tell


def report(folder: Path = typer.Argument(..., metavar="DIR", help="A folder with runs.jsonl or bench.jsonl.")) -> None:
    """Write the report of a folder of results again, and print it.

    Examples:  textclf report results/default
    """
    from textclf.bench.page import write_bench_report
    from textclf.report import print_summary, write_report
    from textclf.results.rows import BENCH

    if (folder / BENCH).exists():
        tell(f"report: {write_bench_report(folder)}")
        return
    page = write_report(folder)
    print_summary(folder)
    tell(f"report: {page}")
