"""``textclf report``: write the report of a results folder again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from textclf.cli.listing import listing_command
from textclf.cli.output import print_message
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError
from textclf.paths import user_path


def _formats() -> Iterator[tuple[str, str]]:
    from textclf.report.formats import FORMATS

    return ((name, FORMATS[name].summary) for name in FORMATS)


ReportCommand = listing_command("Formats", _formats)


def report(
    folder: Path = typer.Argument(
        ..., parser=user_path, metavar="DIR", help="A folder with runs.jsonl or bench.jsonl."
    ),
    format: str = typer.Option("markdown", metavar="FORMAT", help="The format of the report, listed below."),
    plugin: list[Path] = PLUGIN,
) -> None:
    """Write the report of a results folder again.

    Examples:  textclf report results/default

    textclf report results/default --format latex
    """
    from textclf.bench.page import write_bench_report
    from textclf.report import print_summary, write_report
    from textclf.results.rows import BENCH

    if (folder / BENCH).exists():
        if format != "markdown":
            raise ConfigurationError(f"--format {format}: the page of a benchmark is written in markdown only")
        print_message(f"report: {write_bench_report(folder)}")
        return
    page = write_report(folder, format)
    print_summary(folder)
    print_message(f"report: {page}")
