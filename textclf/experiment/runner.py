"""From an experiment file to a folder of results: what is missing is run, then speeds are measured."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from textclf.config import REVISION, RunConfig
from textclf.data.vectors import check_size
from textclf.encoders.baselines import BASELINES
from textclf.errors import ConfigurationError
from textclf.experiment import worker
from textclf.experiment.backends import local
from textclf.experiment.data import data_of, forget
from textclf.experiment.progress import ExperimentProgress, outcome_message
from textclf.experiment.provenance import cores, provenance
from textclf.experiment.run import failed_row
from textclf.experiment.spec import Experiment, Job, Run, read_experiment
from textclf.experiment.store import Store, read_rows
from textclf.training.device import resolve_device, resolve_precision
from textclf.training.model import check_memory

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


def run_experiment(
    path: str | Path,
    out: str | Path | None = None,
    workers: int | None = None,
    fresh: bool = False,
    backend: str = "local",
    gpus: float = 0.0,
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

    Raises
    ------
    TextclfError
        If the file, its data or the folder cannot be used; then nothing has been written.
    """
    forget()
    experiment = read_experiment(path)
    check(experiment)
    outcomes = _backend(backend, gpus)
    folder = Path(out) if out is not None else Path("results") / experiment.name
    with Store(folder, fresh) as store:
        store.keep(path)
        fingerprints = {id(run): run.config.fingerprint(data_of(run.config).sha256) for run in experiment.runs}
        done = _done(folder)
        missing = [run for run in experiment.runs if fingerprints[id(run)] not in done]
        failed = _run_missing(experiment, missing, store, outcomes, workers)
        _measure_speeds(experiment, store)
    return Summary(folder, len(experiment.runs), len(missing), failed)


Outcomes = Callable[[list[Job], int | None, Callable[[Job], None]], Iterator[local.Outcome]]


def _backend(name: str, gpus: float) -> Outcomes:
    """What does jobs, so many at once, and tells when one starts."""
    if name == "local":
        if gpus and not torch.cuda.is_available():
            raise ConfigurationError(f"--gpus: {gpus:g} a run, but there is no GPU here; leave it out")
        side_by_side = int(1 / gpus) if gpus else cores()
        return lambda jobs, workers, on_start: local.outcomes(
            worker.run, [replace(job, gpus=gpus) for job in jobs], workers or max(1, side_by_side), on_start
        )
    from textclf.experiment.backends.ray import outcomes

    return lambda jobs, workers, on_start: outcomes(
        worker.run, [replace(job, data=data_of(job.run.config), gpus=gpus) for job in jobs], workers, on_start, gpus
    )


def _done(folder: Path) -> set[str]:
    """The fingerprints that runs which ended well would have today.

    A row holds its whole configuration; an option that came after it has its default, which is what it was run with.
    """
    rows = [row for row in read_rows(folder) if row["status"] == "ok"]
    made = {row["fingerprint"] for row in rows}
    for row in rows:
        if row["provenance"].get("revision", 1) == REVISION:
            with contextlib.suppress(ConfigurationError):  # an option that is no more: made by its own fingerprint only
                made.add(RunConfig.parse(row["config"]).fingerprint(row["provenance"]["data_sha256"]))
    return made


def check(experiment: Experiment) -> None:
    """Find what would go wrong in every run before the first one starts."""
    problems: list[str] = []
    splits: set[tuple[Any, ...]] = set()
    models: set[tuple[str, str, str]] = set()
    for run in experiment.runs:
        settings = run.config.settings
        model, split = (
            (settings.dataset, settings.condition, run.label),
            (settings.dataset, settings.folds, settings.fold),
        )
        if model in models and split in splits:
            continue
        models.add(model)
        splits.add(split)
        try:
            check_run(run.config)
        except ConfigurationError as error:
            problems += [f"{run.label}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))


def check_run(config: RunConfig) -> None:
    """Find what would go wrong before it takes time: data, word vectors, sizes that do not fit, the device."""
    settings = config.settings
    data = data_of(config)
    if data.vectors is not None:
        check_size(data.vectors, settings.embedding_dim)
    device = resolve_device(settings.device)
    splits = data.splits(config)
    pairs = splits.train.pairs is not None
    if settings.overlap_features and (not pairs or config.encoder.part in BASELINES):
        who = f"{config.encoder.part} takes none" if pairs else f"{settings.dataset} has no pairs of texts"
        raise ConfigurationError(f"overlap_features: {who}; leave it out")
    if config.encoder.part not in BASELINES:
        check_memory(config, 2, len(splits.classes), pairs, device)


def _run_missing(
    experiment: Experiment, missing: list[Run], store: Store, outcomes: Outcomes, workers: int | None
) -> int:
    if not missing:
        log.warning("nothing left to run: all %d runs of %s are done", len(experiment.runs), experiment.name)
        return 0
    failed, planned = 0, len(experiment.runs)
    jobs = [Job(run, experiment.name) for run in missing]
    with ExperimentProgress(planned, planned - len(missing)) as progress:
        for outcome in outcomes(jobs, workers, lambda job: progress.start(job.run)):
            run = outcome.job.run
            if outcome.error is not None:
                row, predictions = failed_row(run.config, run.label, experiment.name, outcome.error), None
            else:
                row, predictions = outcome.value
            store.append(row, predictions)
            failed += row["status"] == "failed"
            score = row["metrics"]["test"]["accuracy"] if row["status"] == "ok" else None
            progress.end(run, outcome_message(row), score)
    return failed


def _measure_speeds(experiment: Experiment, store: Store) -> None:
    """Each model of each dataset once, one at a time, when nothing else runs."""
    measured = {row["fingerprint"] for row in read_rows(store.folder, "speed.jsonl")}
    ok = {(row["dataset"], row["condition"], row["model"]) for row in read_rows(store.folder) if row["status"] == "ok"}
    todo: dict[str, Run] = {}
    for run in experiment.runs:
        settings = run.config.settings
        alike = run.config.with_settings(seed=0, fold=None if settings.folds is None else 0)
        fingerprint = alike.fingerprint(data_of(alike).sha256)
        works = (data_of(alike).corpus.name, settings.condition, run.label) in ok
        if works and fingerprint not in measured:
            todo.setdefault(fingerprint, Run(alike, run.label))
    if not todo:
        return
    with ExperimentProgress(len(todo), 0, "speeds") as progress:
        for fingerprint, run in todo.items():
            progress.start(run)
            (outcome,) = local.outcomes(worker.speed, [Job(run, experiment.name)], workers=1)
            settings = run.config.settings
            device = resolve_device(settings.device)
            if outcome.error is None:
                data = data_of(run.config)
                made = provenance(str(device), resolve_precision(settings.precision, device), 1, data.sha256)
                who = {"dataset": data.corpus.name, "condition": settings.condition, "model": run.label}
                store.append_speed({"fingerprint": fingerprint, **who, "speed": outcome.value, "provenance": made})
            rate = outcome.value and f"{outcome.value['train_examples_per_second']:.0f} training examples/s"
            progress.end(run, outcome.error or str(rate))
