"""``textclf experiment``: run a file of experiments, resume it, report it."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import tell
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.backends import BACKENDS
from textclf.experiment.busy import busy


def experiment(
    file: Path = typer.Argument(..., help="A YAML file, as in experiments/."),
    out: str | None = typer.Option(None, metavar="DIR", help="By default results/<name of the file>."),
    jobs: int | None = typer.Option(
        None, min=1, help="Runs side by side; by default one a core, or as many as share the GPU."
    ),
    backend: str = typer.Option("local", help="Where runs run: local, or ray, a cluster."),
    gpus: float = typer.Option(0.0, min=0, help="The share of a GPU that each run takes, as 0.25."),
    plugin: list[Path] = PLUGIN,
    fresh: bool = typer.Option(False, "--fresh", help="Begin anew: remove what an earlier run left in DIR."),
    no_speeds: bool = typer.Option(False, "--no-speeds", help="Do not measure the speed of each model after the runs."),
) -> None:
    """Run what is missing of an experiment file, and report.

    Rows are kept as they come: after Ctrl-C or a crash, the same command goes on.

    Examples:  textclf experiment experiments/default.yaml --jobs 2

    textclf experiment experiments/sentences.yaml --out results/again --fresh
    """
    if backend not in BACKENDS:
        raise ConfigurationError(f'--backend: there is no "{backend}"; {did_you_mean(backend, BACKENDS)}')
    with busy("starting"):
        from textclf.experiment.grid import run_experiment
        from textclf.report import print_summary, write_report

    summary = run_experiment(file, out, jobs, fresh, backend, gpus, not no_speeds)
    page = write_report(summary.folder)
    print_summary(summary.folder)
    tell(f"{summary.planned} runs, {summary.ran} of them now, {summary.failed} failed; report: {page}")
    if summary.failed:
        raise typer.Exit(1)
