"""One run: train the model, predict every split, measure, and return the row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.data.near_duplicates import count_near_duplicates
from textclf.data.splits import Splits
from textclf.encoders.baselines import BASELINES
from textclf.errors import DataError
from textclf.experiment.peak_memory import peak_memory_mb
from textclf.experiment.preparation import Prepared
from textclf.experiment.provenance import outside, provenance
from textclf.experiment.speed import observed_speed
from textclf.metrics import measure
from textclf.registry import flatten
from textclf.results.predictions import predictions_frame
from textclf.results.rows import FailedRow, OkRow
from textclf.tasks import deciding_metric, name_of_task
from textclf.tasks.task import Task
from textclf.training.bfloat16 import with_precision
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.model import Model
from textclf.training.parallel import ALONE, Processes


@dataclass(frozen=True)
class Result:
    """The row, the test predictions and the model of a run."""

    row: OkRow
    predictions: pd.DataFrame
    model: Model


def describe(config: RunConfig, prepared: Prepared, label: str, experiment: str) -> dict[str, Any]:
    """Return the part of a row that is known before the run: its identity."""
    settings, options, parts = config.settings, flatten(config.encoder), prepared.splits.parts().values()
    task = name_of_task(*parts)
    return {
        "schema_version": 2,
        "fingerprint": config.fingerprint(prepared.sha256),
        "experiment": experiment,
        "status": "ok",
        "error": None,
        "kind": config.kind,
        "task": task,
        "select_by": deciding_metric(settings.select_by, task, *parts),
        "dataset": prepared.name,
        "condition": settings.condition,
        "model": label,
        "encoder": config.encoder.part,
        "pooling": options.get("pooling"),
        "score": options.get("pooling.score", options.get("score")),
        "normaliser": options.get("pooling.normaliser", options.get("normaliser")),
        "variant": options.get("variant"),
        "seed": settings.seed,
        "split_seed": settings.split_seed,
        "fold": settings.fold,
        "config": config.flat(),
    }


def execute(
    config: RunConfig,
    prepared: Prepared,
    label: str,
    experiment: str = "run",
    on_epoch: Callable[[dict[str, Any], str], None] | None = None,
    processes: Processes = ALONE,
) -> Result:
    """Execute one run on one thread, so that the result does not depend on the machine's other work.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
        The inputs of the run.
    label : str
        The model's name in tables.
    experiment : str
    on_epoch : callable, optional
        Called with each epoch record as soon as it exists, and the name of the metric that chooses the best epoch.
    processes : Processes
        The group of processes that trains the model together; each process returns the same result.

    Raises
    ------
    DataError
        If the processes do not execute the same run.
    """
    use_one_core()
    config, splits = processes.of_first(with_precision(config)), prepared.splits
    row = describe(config, prepared, label, experiment)
    _check_same_run(row["fingerprint"], processes)
    fit = Fit(
        config,
        splits.train,
        splits.validation,
        splits.classes,
        other_texts=[*splits.validation.all_texts(), *splits.test.all_texts()],
        task=row["task"],
        vectors=prepared.vectors,
        cache_tokens=True,
        processes=processes,
    )
    origin = provenance(fit.model.device, fit.model.precision, torch.get_num_threads(), prepared.sha256)
    origin |= outside(config)
    if processes.world > 1:
        origin["processes"] = processes.world
    for record in fit:
        if on_epoch is not None:
            on_epoch(record, fit.select_by)
    parts = splits.parts()
    targets = {name: fit.model.targets(part) for name, part in parts.items()}
    probabilities, test_seconds = _predict(fit.model, parts)
    metrics = dict.fromkeys([*fit.model.task.metrics, fit.select_by])  # each once
    row |= {
        "rows": {name: len(part) for name, part in parts.items()},
        "metrics": {
            name: measure(metrics, targets[name], probabilities[name], part.groups) for name, part in parts.items()
        },
        "warnings": _warnings(config, fit.model.task, targets, probabilities["test"]),
        "parameters": fit.model.parameters(),
        "speed": observed_speed(fit, splits, test_seconds),
        "fit_seconds": fit.seconds,
        "epochs": fit.epochs,
        "best_epoch": fit.best_epoch,
        "peak_memory_mb": peak_memory_mb(),
        "provenance": origin,
        "near_duplicates": count_near_duplicates(splits.test, splits.train),  # takes memory: after peak_memory_mb
    }
    return Result(OkRow.model_validate(row), _predictions(splits, fit.model, probabilities["test"]), fit.model)


def _predict(model: Model, parts: dict[str, Examples]) -> tuple[dict[str, np.ndarray], float]:
    """Return the probabilities of each split and the seconds that the test split took, with its tokenising."""
    started = time.perf_counter()
    test = model.predict_proba(parts["test"])
    seconds = time.perf_counter() - started
    others = {name: model.predict_proba(part, cache_tokens=True) for name, part in parts.items() if name != "test"}
    return {"test": test} | others, seconds


def _check_same_run(fingerprint: str, processes: Processes) -> None:
    if processes.of_first(fingerprint) != fingerprint:
        raise DataError(
            f"process {processes.rank} of {processes.world} has other data or settings than the first; "
            "give all the same files and the same command"
        )


def _warnings(config: RunConfig, task: Task, targets: dict[str, np.ndarray], test: np.ndarray) -> list[str]:
    """Return the task's reasons to doubt the test predictions; a baseline that does not read the texts has none."""
    if config.kind == "baseline" and not BASELINES[config.encoder.part].reads_texts:
        return []
    return task.warnings(targets["train"], targets["test"], test)


def failed_row(config: RunConfig, prepared: Prepared, label: str, experiment: str, error: str) -> FailedRow:
    """Return the row of a failed run."""
    identity = describe(config, prepared, label, experiment)
    return FailedRow.model_validate(identity | {"status": "failed", "error": error})


def _predictions(splits: Splits, model: Model, probabilities: np.ndarray) -> pd.DataFrame:
    """Return the test predictions with the number of tokens of each text, of both texts of a pair together."""
    test, batches = splits.test, model.batches(splits.test, cache_tokens=True)
    tokens = batches.tokens.lengths + (0 if batches.pairs is None else batches.pairs.lengths)
    return predictions_frame(test.ids, test.groups, test.labels or (), tokens, probabilities, splits.classes)
