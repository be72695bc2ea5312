"""One run: prepare, fit, predict, measure, return the row."""

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
from textclf.experiment.pretrained_parts import parameters_of, pretrained_keys
from textclf.experiment.provenance import outside_parts, provenance
from textclf.experiment.speed import observed_speed
from textclf.metrics import measure
from textclf.registry import flatten
from textclf.results.predictions import predictions_frame
from textclf.results.rows import FailedRow, OkRow
from textclf.tasks import deciding_metric
from textclf.tasks.task import Task
from textclf.training.bfloat16 import with_precision
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.model import Model
from textclf.training.parallel import ALONE, Processes

TIMED_TEXTS = 16  # test texts whose prediction is timed if a frozen language model reads them


@dataclass(frozen=True)
class Result:
    """The row, the test predictions and the model of a run."""

    row: OkRow
    predictions: pd.DataFrame
    model: Model


def identity_of(config: RunConfig, prepared: Prepared, label: str, experiment: str) -> dict[str, Any]:
    """Return the keys of a row that are known before the run."""
    settings, options = config.settings, flatten(config.encoder)
    return {
        "schema_version": 2,
        "fingerprint": config.fingerprint(prepared.sha256),
        "experiment": experiment,
        "status": "ok",
        "error": None,
        "kind": config.kind,
        "task": prepared.task,
        "select_by": deciding_metric(settings.select_by, prepared.task, *prepared.splits.parts().values()),
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
        Called after each epoch with its record and the name of the metric that chooses the best epoch.
    processes : Processes
        The processes that train the model together; each returns the same result.

    Raises
    ------
    DataError
        If the processes do not execute the same run.
    """
    use_one_core()
    config = processes.of_first(with_precision(config))
    identity = identity_of(config, prepared, label, experiment)
    _check_same_run(identity["fingerprint"], processes)
    fit = _prepare(config, prepared, identity["task"], processes)
    origin = _origin(fit, prepared, processes)
    for record in fit:
        if on_epoch is not None:
            on_epoch(record, fit.select_by)
    probabilities, test_seconds = _predict(fit.model, prepared.splits.parts())
    measurements = _measure(fit, prepared.splits, probabilities, test_seconds)
    row = OkRow.model_validate(identity | measurements | {"provenance": origin})
    return Result(row, _predictions(fit.model, prepared.splits, probabilities["test"]), fit.model)


def failed_row(config: RunConfig, prepared: Prepared, label: str, experiment: str, error: str) -> FailedRow:
    """Return the row of a failed run."""
    identity = identity_of(config, prepared, label, experiment)
    return FailedRow.model_validate(identity | {"status": "failed", "error": error})


def _check_same_run(fingerprint: str, processes: Processes) -> None:
    if processes.of_first(fingerprint) != fingerprint:
        raise DataError(
            f"rank {processes.rank} of {processes.world} processes has other data or settings than rank 0; "
            "give all processes the same files and the same command"
        )


def _prepare(config: RunConfig, prepared: Prepared, task: str, processes: Processes) -> Fit:
    """Return the `Fit` with its tokenizer and its untrained model."""
    splits = prepared.splits
    return Fit(
        config,
        splits.train,
        splits.validation,
        splits.classes,
        other_texts=[*splits.validation.all_texts(), *splits.test.all_texts()],
        task=task,
        vectors=prepared.vectors,
        language_model=prepared.language_model,
        cache_tokens=True,
        processes=processes,
    )


def _origin(fit: Fit, prepared: Prepared, processes: Processes) -> dict[str, Any]:
    """Return the row's ``provenance``; it holds the start time, so the call comes before the training."""
    model = fit.model
    origin = provenance(model.device, model.precision, torch.get_num_threads(), prepared.sha256)
    origin |= outside_parts(fit.config)
    return origin | ({"processes": processes.world} if processes.world > 1 else {})


def _predict(model: Model, splits: dict[str, Examples]) -> tuple[dict[str, np.ndarray], float]:
    """Return the probabilities of each split, and the seconds for the test split, including its tokenisation.

    If a frozen language model reads the texts, its states come from the cache, and the seconds are those of
    `TIMED_TEXTS` texts without the cache, scaled to the whole split.
    """
    reads_states = model.inputs.state_cache is not None  # then a language model computes only the states of a sample
    test, timed = splits["test"], splits["test"]
    if reads_states:
        timed = test.take(np.arange(min(len(test), TIMED_TEXTS)))
        model.predict_proba(test.take(np.arange(1)))  # loads the language model, which is not part of a prediction
    started = time.perf_counter()
    probabilities = model.predict_proba(timed)
    seconds = (time.perf_counter() - started) * len(test) / len(timed)
    cached = {
        name: model.predict_proba(split, cache_tokens=True)
        for name, split in splits.items()
        if name != "test" or reads_states
    }
    return {"test": probabilities} | cached, seconds


def _measure(fit: Fit, splits: Splits, probabilities: dict[str, np.ndarray], test_seconds: float) -> dict[str, Any]:
    """Return the keys of a row that describe the trained model, its predictions and its cost."""
    parts, model = splits.parts(), fit.model
    targets = {name: model.targets(part) for name, part in parts.items()}
    metrics = dict.fromkeys([*model.task.metrics, fit.select_by])  # without repetitions
    return {
        "rows": {name: len(part) for name, part in parts.items()},
        "metrics": {
            name: measure(metrics, targets[name], probabilities[name], part.groups) for name, part in parts.items()
        },
        "warnings": _warnings(fit.config, model.task, targets, probabilities["test"]),
        "parameters": parameters_of(fit.config, model.parameters()),
        **pretrained_keys(fit.config),
        "speed": observed_speed(fit, splits, test_seconds),
        "fit_seconds": fit.seconds,
        "epochs": fit.epochs,
        "best_epoch": fit.best_epoch,
        "peak_memory_mb": peak_memory_mb(),
        "near_duplicates": count_near_duplicates(splits.test, splits.train),  # last, because it would raise the peak
    }


def _warnings(config: RunConfig, task: Task, targets: dict[str, np.ndarray], test: np.ndarray) -> list[str]:
    """Return the reasons to doubt the test predictions; none for a baseline that does not read the texts."""
    if config.kind == "baseline" and not BASELINES[config.encoder.part].reads_texts:
        return []
    return task.warnings(targets["train"], targets["test"], test)


def _predictions(model: Model, splits: Splits, probabilities: np.ndarray) -> pd.DataFrame:
    """Return the test predictions with the number of tokens of each row; both texts of a pair count."""
    test, batches = splits.test, model.batches(splits.test, cache_tokens=True)
    tokens = batches.tokens.lengths + (0 if batches.pairs is None else batches.pairs.lengths)
    return predictions_frame(test.ids, test.groups, test.labels or (), tokens, probabilities, splits.classes)
