"""``textclf bench``: how fast things are here, beside what the hardware allows and what else there is."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import tell
from textclf.errors import Interrupted


def bench(
    sections: list[str] = typer.Argument(
        None,
        help="training, step, precision, inference, texts, lengths, overhead, gpu; by default all.",
        show_default=False,
    ),
    sentences: str = typer.Option("tweets", help="A dataset of short texts."),
    documents: str = typer.Option("bbc-news", help="A dataset of long texts."),
    out: str = typer.Option("results/bench", metavar="DIR", help="Where records and report go."),
    peers: Path = typer.Option(Path("experiments/peers"), metavar="DIR", help="Others to measure beside, if there."),
    models: list[str] = typer.Option([], "--model", metavar="NAME", help="As lstm-attention; repeatable; default all."),
    repeats: int = typer.Option(5, min=1, help="How often each quantity is measured."),
    largest: int = typer.Option(1_000_000, min=1000, help="How many texts the largest generated dataset has."),
) -> None:
    """Measure speed and cost, section by section, and write the report.

    Nothing else should run meanwhile. The tutorial loop needs nothing more; Keras and Flair are measured if
    .venv-peers has what experiments/peers/requirements.txt names (make bench sees to it).

    Examples:  textclf bench step inference --repeats 3

    textclf bench --sentences mr --documents imdb
    """
    from textclf.bench.measurement import Options
    from textclf.bench.page import write_bench_report
    from textclf.bench.recording import run_benchmark

    chosen = Options(sentences, documents, repeats, peers, largest, tuple(models))
    try:
        folder = run_benchmark(sections or [], chosen, out)
    except KeyboardInterrupt:
        raise Interrupted(f"what has been measured so far is kept in {out}") from None
    tell(f"report: {write_bench_report(folder)}")
