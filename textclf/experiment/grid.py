"""Run an experiment file: the runs that are not done yet, then the speed of each model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from textclf.config import RunConfig
from textclf.errors import ConfigurationError, Interrupted
from textclf.experiment import worker
from textclf.experiment.backends import processes
from textclf.experiment.backends.shared_files import SharedFiles
from textclf.experiment.busy import busy
from textclf.experiment.checks import check
from textclf.experiment.execution import failed_row
from textclf.experiment.frozen_states import compute_states
from textclf.experiment.messages import shown_once
from textclf.experiment.plan import Planned, plan, speed_config
from textclf.experiment.preparation import Preparations
from textclf.experiment.progress import ExperimentProgress, outcome_message
from textclf.experiment.provenance import outside_parts, provenance
from textclf.experiment.spec import read_experiment
from textclf.experiment.worker import Job
from textclf.paths import user_path
from textclf.results.marker import check_folder, marker_of, results_folder
from textclf.results.missing_plugins import with_missing_plugins
from textclf.results.row_parts import Provenance, Speeds
from textclf.results.rows import SpeedRow
from textclf.results.store import Store, read_rows
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import resolve_device
from textclf.training.processor import cores

log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Summary:
    """The result of `run_experiment` in numbers.

    Attributes
    ----------
    folder : Path
    planned, ran, failed : int
        The number of runs in the experiment, of runs that ran now, and of runs that failed now.
    """

    folder: Path
    planned: int
    ran: int
    failed: int


@shown_once()
def run_experiment(
    path: str | Path,
    out: str | Path | None = None,
    workers: int | None = None,
    fresh: bool = False,
    backend: str = "local",
    gpus: float = 0.0,
    speeds: bool = True,
) -> Summary:
    """Run the runs of an experiment that are not done yet.

    Parameters
    ----------
    path : path
        An experiment file.
    out : path, optional
        By default ``results/<name of the file>``.
    workers : int, optional
        The maximum number of runs at once; by default one for each core.
    fresh : bool, default False
        Remove earlier results first.
    backend : {"local", "ray"}
        Where to execute the runs: in processes on this machine, or on a Ray cluster. Speeds are always measured on
        this machine.
    gpus : float, default 0
        The fraction of a GPU that each run may use. It limits the GPU memory of the run; a Ray cluster also schedules
        runs by it. On this machine, ``1 / gpus`` runs share the GPU, unless ``workers`` is set.
    speeds : bool, default True
        Measure the speed of each model after the runs.

    Raises
    ------
    TextclfError
        If the file, its data or the folder cannot be used; then nothing has been written.
    Interrupted
        After Ctrl-C during the runs or the measurements; the message gives the number of stored runs.
    """
    preparations = Preparations()
    with busy("reading the experiment and its data"):
        path = user_path(path)
        folder = Path("results") / path.stem if out is None else results_folder(out)
        with with_missing_plugins(folder):
            experiment = read_experiment(path)
        check_folder(folder, marker_of(folder, path))
        check(experiment, preparations)
    files = SharedFiles()
    outcomes = _backend(backend, gpus, files)
    with files, Store(folder, path, fresh) as store:
        planned = plan(experiment.runs, preparations, store.done())
        store.write_plan(run.row() for run in planned)
        missing = {run.fingerprint: run for run in planned if run.fingerprint not in store.done()}
        try:
            failed = _run_missing(experiment.name, len(planned), list(missing.values()), store, outcomes, workers)
            if all(run.fingerprint in store.done() for run in planned):
                store.merge()
            if speeds:
                _measure_speeds(experiment.name, planned, store, preparations, files)
        except KeyboardInterrupt:
            kept = sum(run.fingerprint in store.done() for run in planned)
            raise Interrupted(f"{kept} of {len(planned)} runs are kept in {folder}; the same command resumes") from None
    return Summary(folder, len(planned), len(missing), failed)


Outcomes = Callable[[list[Job], int | None, Callable[[Job], None]], Iterator[processes.Outcome]]


def _backend(name: str, gpus: float, files: SharedFiles) -> Outcomes:
    """Return the function that executes jobs: in processes on this machine, or on a Ray cluster."""
    if name == "local":
        if gpus and not torch.cuda.is_available():
            raise ConfigurationError(f"--gpus: {gpus:g} a run, but there is no GPU here; leave it out")
        at_once = int(1 / gpus) if gpus else cores()

        def local(jobs: list[Job], workers: int | None, on_start: Callable[[Job], None]) -> Iterator[processes.Outcome]:
            shared = [replace(job, inputs=files.share(job.prepared()), gpus=gpus) for job in jobs]
            return processes.outcomes(worker.run, shared, workers or max(1, at_once), on_start)

        return local
    from textclf.experiment.backends.ray import outcomes

    return lambda jobs, workers, on_start: outcomes(
        worker.run, [replace(job, gpus=gpus) for job in jobs], workers, on_start, gpus
    )


def _run_missing(
    name: str, total: int, missing: list[Planned], store: Store, outcomes: Outcomes, workers: int | None
) -> int:
    """Execute the missing runs, store their rows, and return the number of runs that failed."""
    if not missing:
        log.warning("nothing left to run: all %d runs of %s are done", total, name)
        return 0
    failed = 0
    planned_of = {id(planned.run): planned for planned in missing}
    compute_states(missing)
    jobs = [Job(planned.run, name, planned.prepared) for planned in missing]
    with ExperimentProgress(total, total - len(missing)) as progress:
        for outcome in outcomes(jobs, workers, lambda job: progress.start(job.run)):
            run, planned = outcome.job.run, planned_of[id(outcome.job.run)]
            if outcome.error is not None:
                row, predictions = failed_row(run.config, planned.prepared, run.label, name, outcome.error), None
            else:
                row, predictions = outcome.value
            row = row.model_copy(update={"dataset": planned.dataset})
            store.append(row, predictions)
            failed += row.status == "failed"
            progress.end(run, outcome_message(row))
    return failed


def _measure_speeds(
    name: str, planned: list[Planned], store: Store, preparations: Preparations, files: SharedFiles
) -> None:
    """Measure the speed of each model on each dataset, one after the other, while nothing else runs."""
    measured = {row.fingerprint for row in read_rows(store.folder, SpeedRow)}
    missing: dict[str, Planned] = {}
    for candidate in planned:
        if candidate.fingerprint in store.done() and candidate.speed not in measured:
            missing.setdefault(candidate.speed, candidate)
    if not missing:
        return
    with ExperimentProgress(len(missing), 0, "speeds") as progress:
        for first in missing.values():
            run = replace(first.run, config=speed_config(first.run.config))
            progress.start(run)
            inputs = files.share(preparations.of(run.config))
            (outcome,) = processes.outcomes(worker.speed, [Job(run, name, inputs)], workers=1)
            if outcome.error is not None:
                progress.end(run, outcome.error)
                continue
            row = _speed_row(first, run.config, Speeds.model_validate(outcome.value))
            store.append_speed(row)
            progress.end(run, f"{row.speed.train_examples_per_second:.0f} training examples/s")


def _speed_row(planned: Planned, config: RunConfig, speed: Speeds) -> SpeedRow:
    device = resolve_device(config.settings.device)
    precision = resolve_precision(config.settings.precision, device)
    origin = provenance(str(device), precision, 1, planned.prepared.sha256) | outside_parts(config)
    return SpeedRow(
        fingerprint=planned.speed,
        dataset=planned.dataset,
        condition=config.settings.condition,
        model=planned.run.label,
        speed=speed,
        provenance=Provenance.model_validate(origin),
    )
