"""From an experiment file to a folder of results: what is missing is run, then speeds are measured."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from textclf.config import RunConfig
from textclf.data.vectors import check_size
from textclf.errors import ConfigurationError, Interrupted
from textclf.experiment import worker
from textclf.experiment.backends import processes
from textclf.experiment.busy import busy
from textclf.experiment.execution import failed_row
from textclf.experiment.messages import shown_once
from textclf.experiment.plan import Planned, check_names, plan, timed
from textclf.experiment.preparation import data_of, forget
from textclf.experiment.progress import ExperimentProgress, outcome_message
from textclf.experiment.provenance import provenance
from textclf.experiment.spec import Experiment, Job, read_experiment
from textclf.results.marker import check_folder, marker_of, results_folder
from textclf.results.row_parts import Provenance, Speeds
from textclf.results.rows import SpeedRow
from textclf.results.store import Store, read_rows
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import resolve_device
from textclf.training.model import check_memory
from textclf.training.processor import cores

log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Summary:
    """What an experiment came to.

    Attributes
    ----------
    folder : Path
    planned, ran, failed : int
        Runs of the experiment; those that ran now; those of them that failed.
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
    """Run what is not done yet.

    Parameters
    ----------
    path : path
        An experiment file.
    out : path, optional
        By default ``results/<name of the file>``.
    workers : int, optional
        Runs side by side; by default one a core.
    fresh : bool, default False
        Begin anew.
    backend : {"local", "ray"}
        Where runs run: in processes here, or on a Ray cluster. Speeds are always measured here.
    gpus : float, default 0
        The share of a GPU that a run takes: of its memory, and of what a Ray cluster counts. Here, so many runs as it
        gives room to share the GPU, unless ``workers`` says otherwise.
    speeds : bool, default True
        Measure the speed of each model after the runs.

    Raises
    ------
    TextclfError
        If the file, its data or the folder cannot be used; then nothing has been written.
    Interrupted
        After Ctrl-C, once the store is open; the message says how many runs are kept.
    """
    forget()
    with busy("reading the experiment and its data"):
        experiment = read_experiment(path)
        folder = Path("results") / experiment.name if out is None else results_folder(out)
        check_folder(folder, marker_of(folder, Path(path)))
        check(experiment)
    outcomes = _backend(backend, gpus)
    with Store(folder, path, fresh) as store:
        planned = plan(experiment.runs, store.done())
        store.keep(run.row() for run in planned)
        missing = {run.fingerprint: run for run in planned if run.fingerprint not in store.done()}
        try:
            failed = _run_missing(experiment.name, len(planned), list(missing.values()), store, outcomes, workers)
            if all(run.fingerprint in store.done() for run in planned):
                store.merge()
            if speeds:
                _measure_speeds(experiment, planned, store)
        except KeyboardInterrupt:
            kept = sum(run.fingerprint in store.done() for run in planned)
            raise Interrupted(f"{kept} of {len(planned)} runs are kept in {folder}; the same command goes on") from None
    return Summary(folder, len(planned), len(missing), failed)


Outcomes = Callable[[list[Job], int | None, Callable[[Job], None]], Iterator[processes.Outcome]]


def _backend(name: str, gpus: float) -> Outcomes:
    """What does jobs, so many at once, and tells when one starts."""
    if name == "local":
        if gpus and not torch.cuda.is_available():
            raise ConfigurationError(f"--gpus: {gpus:g} a run, but there is no GPU here; leave it out")
        side_by_side = int(1 / gpus) if gpus else cores()
        return lambda jobs, workers, on_start: processes.outcomes(
            worker.run, [replace(job, gpus=gpus) for job in jobs], workers or max(1, side_by_side), on_start
        )
    from textclf.experiment.backends.ray import outcomes

    return lambda jobs, workers, on_start: outcomes(
        worker.run, [replace(job, gpus=gpus) for job in jobs], workers, on_start, gpus
    )


def check(experiment: Experiment) -> None:
    """Find what would go wrong in every run before the first one starts."""
    problems: dict[str, list[str]] = {}
    splits: set[tuple[Any, ...]] = set()
    models: set[tuple[str, str, str]] = set()
    for run in experiment.runs:
        settings = run.config.settings
        model, split = (
            (settings.dataset, settings.condition, run.label),
            (settings.dataset, settings.folds, settings.fold, settings.split_seed),
        )
        if model in models and split in splits:
            continue
        models.add(model)
        splits.add(split)
        try:
            check_run(run.config)
        except ConfigurationError as error:
            for problem in error.problems:
                problems.setdefault(problem, []).append(run.label)
    if problems:
        raise ConfigurationError([f"{_several(labels)}: {problem}" for problem, labels in problems.items()])
    check_names(experiment.runs)


def _several(labels: list[str]) -> str:
    """The first of the labels, and how many more there are."""
    first, *others = dict.fromkeys(labels)
    return f"{first} and {len(others)} more" if others else first


def check_run(config: RunConfig) -> None:
    """Find what would go wrong before it takes time: data, word vectors, sizes that do not fit, the device."""
    settings = config.settings
    data = data_of(config)
    if data.vectors is not None:
        check_size(data.vectors, settings.embedding_dim)
    device = resolve_device(settings.device)
    splits = data.splits(config)
    pairs = splits.train.pairs is not None
    if settings.overlap_features and (not pairs or config.kind == "baseline"):
        who = f"{config.encoder.part} takes none" if pairs else f"{settings.dataset} has no pairs of texts"
        raise ConfigurationError(f"overlap_features: {who}; leave it out")
    if config.kind == "encoder":
        check_memory(config, 2, len(splits.classes), pairs, device)


def _run_missing(
    name: str, total: int, missing: list[Planned], store: Store, outcomes: Outcomes, workers: int | None
) -> int:
    if not missing:
        log.warning("nothing left to run: all %d runs of %s are done", total, name)
        return 0
    failed = 0
    jobs = [Job(planned.run, name, data_of(planned.run.config)) for planned in missing]
    datasets = {id(planned.run): planned.dataset for planned in missing}
    with ExperimentProgress(total, total - len(missing)) as progress:
        for outcome in outcomes(jobs, workers, lambda job: progress.start(job.run)):
            run = outcome.job.run
            if outcome.error is not None:
                row, predictions = failed_row(run.config, run.label, name, outcome.error), None
            else:
                row, predictions = outcome.value
            row = row.model_copy(update={"dataset": datasets[id(run)]})
            store.append(row, predictions)
            failed += row.status == "failed"
            progress.end(run, outcome_message(row), row)
    return failed


def _measure_speeds(experiment: Experiment, planned: list[Planned], store: Store) -> None:
    """Each model of each dataset once, one at a time, when nothing else runs."""
    measured = {row.fingerprint for row in read_rows(store.folder, SpeedRow)}
    todo: dict[str, Planned] = {}
    for one in planned:
        if one.fingerprint in store.done() and one.speed not in measured:
            todo.setdefault(one.speed, one)
    if not todo:
        return
    with ExperimentProgress(len(todo), 0, "speeds") as progress:
        for first in todo.values():
            run = replace(first.run, config=timed(first.run.config))
            progress.start(run)
            data = data_of(run.config)
            (outcome,) = processes.outcomes(worker.speed, [Job(run, experiment.name, data)], workers=1)
            settings = run.config.settings
            device = resolve_device(settings.device)
            if outcome.error is None:
                made = provenance(str(device), resolve_precision(settings.precision, device), 1, data.sha256)
                store.append_speed(
                    SpeedRow(
                        fingerprint=first.speed,
                        dataset=first.dataset,
                        condition=settings.condition,
                        model=run.label,
                        speed=Speeds.model_validate(outcome.value),
                        provenance=Provenance.model_validate(made),
                    )
                )
            rate = outcome.value and f"{outcome.value['train_examples_per_second']:.0f} training examples/s"
            progress.end(run, outcome.error or str(rate))
