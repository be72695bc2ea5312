"""``textclf bench``: measure speed and cost, and compare them with the hardware's limits and with other tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from textclf.cli.listing import listing_command
from textclf.cli.output import print_message
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import Interrupted
from textclf.paths import user_path


def _sections() -> Iterator[tuple[str, str]]:
    from textclf.bench.section import SECTIONS

    return ((name, SECTIONS[name].summary) for name in SECTIONS)


BenchCommand = listing_command("Sections", _sections)


def bench(
    sections: list[str] = typer.Argument(
        None, help="The sections to measure, listed below; by default all.", show_default=False
    ),
    sentences: str = typer.Option("tweets", help="A dataset of short texts."),
    documents: str = typer.Option("bbc-news", help="A dataset of long texts."),
    out: str = typer.Option("results/bench", metavar="DIR", help="The folder of the records and the report."),
    peers: Path = typer.Option(
        Path("experiments/peers"), parser=user_path, metavar="DIR", help="The folder of the peers' scripts."
    ),
    models: list[str] = typer.Option(
        [], "--model", metavar="NAME", help="A model to measure, such as lstm-attention. Repeatable. By default all."
    ),
    repeats: int = typer.Option(5, min=1, help="Number of measurements of each quantity."),
    largest: int = typer.Option(1_000_000, min=1000, help="Number of texts in the largest generated dataset."),
    plugin: list[Path] = PLUGIN,
) -> None:
    """Measure speed and cost, section by section, and write the report.

    Run nothing else at the same time. The tutorial loop needs no other package; Keras and Flair are measured if
    .venv-peers has the packages of experiments/peers/requirements.txt (make bench installs them).

    Examples:  textclf bench step inference --repeats 3

    textclf bench --sentences mr --documents imdb
    """
    from textclf.bench.measurement import Options
    from textclf.bench.page import write_bench_report
    from textclf.bench.recording import run_benchmark

    options = Options(sentences, documents, repeats, peers, largest, tuple(models))
    try:
        folder = run_benchmark(sections or [], options, out)
    except KeyboardInterrupt:
        raise Interrupted(f"the measurements so far are kept in {out}") from None
    print_message(f"report: {write_bench_report(folder)}")
