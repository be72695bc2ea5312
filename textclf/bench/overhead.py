"""What a run costs beside its training: from the shell, and inside a grid."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from statistics import median

from textclf.bench.measurement import Measurement, Options, config_of, value_of
from textclf.experiment import worker
from textclf.experiment.backends.processes import outcomes
from textclf.experiment.preparation import data_of
from textclf.experiment.spec import Job, Run
from textclf.training.processor import cores

GRID_RUNS = 16


def measure(options: Options) -> Iterator[Measurement]:
    """Seconds of the command line, of a run up to its first batch, and of a run in a grid beside its training."""
    command = [sys.executable, "-m", "textclf"]
    helps = [_seconds([*command, "--help"]) for _ in range(1 + options.repeats)]
    yield Measurement("overhead", "textclf --help", "textclf", "s", helps[1:])
    run = [*command, "run", "--dataset", options.sentences, "--encoder", "lstm", "--pooling", "attention"]
    run += ["--epochs", "1", "--set", "train_rows=50"]  # an epoch of one batch
    with tempfile.TemporaryDirectory() as cache:
        times = [_seconds(run, "epoch", TEXTCLF_CACHE=cache) for _ in range(1 + options.repeats)]
    yield Measurement("overhead", "textclf run to its first batch, nothing cached", "textclf", "s", times[:1])
    yield Measurement("overhead", "textclf run to its first batch", "textclf", "s", times[1:])
    yield Measurement("overhead", "a run in a grid, beside its training", "textclf", "s of a core", *_in_grid(options))


def _seconds(command: list[str], line: str | None = None, **environment: str) -> float:
    """How long a command takes, or takes until it prints a line that begins with ``line``, on standard error."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for said in process.stderr:
            if line is not None and said.startswith(line):
                seconds = time.perf_counter() - started
                process.communicate()
                return seconds
    return time.perf_counter() - started


def _in_grid(options: Options) -> tuple[list[float], dict[str, int]]:
    """Of a grid of short runs that read all the data: the cores' seconds a run, less what it trained."""
    config = config_of({"encoder": "none", "pooling": "mean"}, options.sentences, epochs=1, train_rows=500)
    started = time.perf_counter()
    runs = [Run(config.with_settings(seed=seed), "none-mean") for seed in range(GRID_RUNS)]
    jobs = [Job(run, "bench", data_of(run.config)) for run in runs]
    rows = [value_of(outcome)[0] for outcome in outcomes(worker.run, jobs, cores())]
    seconds = time.perf_counter() - started
    trained = median(row.fit_seconds for row in rows)
    return [seconds * cores() / GRID_RUNS - trained], {"runs": GRID_RUNS, "runs side by side": cores()}
