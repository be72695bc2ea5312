"""Workloads that several sections time: steps, epochs and whole grids. Imports torch; sections import it to measure."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

import torch

from textclf.bench.measurement import config_of, in_processes, splits_of
from textclf.config import RunConfig
from textclf.data.batching import Batch
from textclf.experiment import worker
from textclf.experiment.backends.shared_files import SharedFiles
from textclf.experiment.preparation import prepare
from textclf.experiment.spec import Run
from textclf.experiment.worker import Job
from textclf.results.rows import OkRow
from textclf.training.bfloat16 import PRECISIONS
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.processor import cores


def fit_of(model: dict[str, Any], dataset: str, **settings: Any) -> Fit:
    """A model and its training split, before training."""
    return _fit(config_of(model, dataset, **settings))


def _fit(config: RunConfig) -> Fit:
    splits = splits_of(config)
    return Fit(config, splits.train, None, splits.classes, cache_tokens=True)


def first_batches(fit: Fit, count: int) -> list[Batch]:
    """The first ``count`` batches of an epoch."""
    return list(islice(fit.batches.epoch(torch.Generator().manual_seed(0)), count))


def train_on(fit: Fit, batches: list[Batch]) -> None:
    """Make a training step on each of ``batches``, and wait until the last one is computed."""
    torch.stack([fit.trainer.step(batch) for batch in batches]).sum().item()


def train_epochs(config: RunConfig) -> dict[str, Any]:
    """Train on one core without validation.

    Returns
    -------
    dict
        ``rates``, the examples a second of each epoch; ``precision``.
    """
    use_one_core()
    fit = _fit(config)
    rates = [record["examples"] / record["seconds"] for record in fit]
    return {"rates": rates, "precision": fit.model.precision}


def rates_side_by_side(config: RunConfig, runs: int) -> tuple[list[float], str]:
    """Train ``runs`` models at the same time, each in a process of its own.

    Returns
    -------
    rates : list of float
        The sum of the runs' examples a second, for each epoch but the first, which is the warm-up.
    precision : str
    """
    configs = [config.with_settings(seed=seed) for seed in range(1, 1 + runs)]
    results = in_processes(train_epochs, configs, runs)
    rates = [sum(rates) for rates in zip(*(result["rates"] for result in results), strict=True)]
    return rates[1:], results[0]["precision"]


def timed_grid(config: RunConfig, label: str, seeds: Iterable[int]) -> tuple[list[OkRow], float]:
    """Run ``config`` for each seed as an experiment does, on all cores.

    Returns
    -------
    rows : list of OkRow
        In the order of ``seeds``.
    seconds : float
        The time from the start of reading the data to the last row.
    """
    started = time.perf_counter()
    prepared = prepare(config)
    with SharedFiles() as files:
        runs = [Run(config.with_settings(seed=seed), label) for seed in seeds]
        jobs = [Job(run, "bench", files.share(prepared)) for run in runs]
        rows = [result[0] for result in in_processes(worker.run, jobs, cores())]
    seconds = time.perf_counter() - started
    return rows, seconds


def accuracies(config: RunConfig) -> dict[str, float]:
    """Train a model; return its test accuracy in float32 and in bfloat16, and the share of labels that differ."""
    use_one_core()
    splits = splits_of(config)
    fit = Fit(config, splits.train, splits.validation, splits.classes, cache_tokens=True)
    list(fit)
    true = fit.model.targets(splits.test)
    labels = {name: fit.model.predict_proba(splits.test, precision=name).argmax(1) for name in PRECISIONS}
    values = {name: float((predicted == true).mean()) for name, predicted in labels.items()}
    return values | {"other labels": float((labels["bfloat16"] != labels["float32"]).mean())}
