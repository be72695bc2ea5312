"""``textclf experiment``: run or resume an experiment file, and write its report."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import print_message, print_text
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError, counted, did_you_mean
from textclf.experiment.backends import BACKENDS
from textclf.experiment.busy import busy
from textclf.paths import user_path


def experiment(
    file: Path = typer.Argument(..., parser=user_path, metavar="FILE", help="A YAML file, as in experiments/."),
    out: str | None = typer.Option(None, metavar="DIR", help="By default results/<name of the file>."),
    jobs: int | None = typer.Option(
        None, min=1, help="Maximum number of runs at once; by default one for each core, or as many as share the GPU."
    ),
    backend: str = typer.Option("local", help="Where to execute the runs: local (this machine) or ray (a cluster)."),
    gpus: float = typer.Option(0.0, min=0, help="The share of a GPU that each run takes, as 0.25."),
    plugin: list[Path] = PLUGIN,
    fresh: bool = typer.Option(False, "--fresh", help="Remove the earlier results in DIR first."),
    no_speeds: bool = typer.Option(False, "--no-speeds", help="Do not measure the speed of each model after the runs."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Check FILE, print its models and the number of their runs, and stop."
    ),
) -> None:
    """Run or resume an experiment file, and write its report.

    Each row is stored when its run ends. After Ctrl-C or a crash, the same command resumes.

    Examples:  textclf experiment experiments/default.yaml --jobs 2

    textclf experiment experiments/sentences.yaml --out results/again --fresh
    """
    if backend not in BACKENDS:
        raise ConfigurationError(f'--backend: there is no "{backend}"; {did_you_mean(backend, BACKENDS)}')
    if dry_run:
        from textclf.experiment.overview import overview
        from textclf.experiment.spec import read_experiment

        for line in overview(read_experiment(file)):
            print_text(line)
        return
    with busy("starting"):
        from textclf.experiment.grid import run_experiment
        from textclf.report import print_summary, write_report

    summary = run_experiment(file, out, jobs, fresh, backend, gpus, not no_speeds)
    page = write_report(summary.folder)
    print_summary(summary.folder)
    planned = counted(summary.planned, "run")
    print_message(f"{planned}, {summary.ran} of them now, {summary.failed} failed; report: {page}")
    if summary.failed:
        raise typer.Exit(1)
