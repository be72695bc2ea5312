"""The section on fixed costs: seconds of the command line, and of a run in a grid without its training."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from statistics import median

from textclf.bench.measurement import Measurement, Options, config_of
from textclf.bench.records import BenchRecords, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table

GRID_RUNS = 16


class Overhead(Section):
    """Seconds of ``textclf --help``, of a run up to its first batch, and of a run in a grid without its training."""

    summary = "fixed costs: the command line, and a run in a grid without its training"

    def measure(self, options: Options) -> Iterator[Measurement]:
        command = [sys.executable, "-m", "textclf"]
        helps = [_seconds([*command, "--help"]) for _ in range(1 + options.repeats)]
        yield Measurement("overhead", "textclf --help", "textclf", "s", helps[1:])
        run = [*command, "run", "--dataset", options.sentences, "--encoder", "lstm", "--pooling", "attention"]
        run += ["--epochs", "1", "--set", "train_rows=50"]  # an epoch of one batch
        with tempfile.TemporaryDirectory() as cache:
            times = [_seconds(run, "epoch", TEXTCLF_CACHE=cache) for _ in range(1 + options.repeats)]
        yield Measurement("overhead", "textclf run to its first batch, nothing cached", "textclf", "s", times[:1])
        yield Measurement("overhead", "textclf run to its first batch", "textclf", "s", times[1:])
        yield _in_grid(options)

    def page(self, records: BenchRecords) -> Iterable[str]:
        yield from ["", "## Fixed costs", ""]
        costs = {cost: variants["textclf"] for cost, variants in records.table("overhead").items()}
        rows = [[cost, f"{spread(record)} {record.unit}"] for cost, record in costs.items()]
        yield from markdown_table(["what", "cost"], rows)


def _seconds(command: list[str], first_words: str | None = None, **environment: str) -> float:
    """Return a command's seconds until its end, or until a line of its standard error begins with ``first_words``."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if first_words is not None and line.startswith(first_words):
                seconds = time.perf_counter() - started
                process.communicate()
                return seconds
    return time.perf_counter() - started


def _in_grid(options: Options) -> Measurement:
    """Measure the seconds of a core that a run in a grid of short runs takes in addition to its training."""
    from textclf.bench.workloads import timed_grid
    from textclf.training.processor import cores

    config = config_of({"encoder": "none", "pooling": "mean"}, options.sentences, epochs=1, train_rows=500)
    rows, seconds = timed_grid(config, "none-mean", range(GRID_RUNS))
    value = seconds * cores() / GRID_RUNS - median(row.fit_seconds for row in rows)
    detail = {"runs": GRID_RUNS, "runs side by side": cores()}
    return Measurement("overhead", "a run in a grid, beside its training", "textclf", "s of a core", [value], detail)
