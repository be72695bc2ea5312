"""One run: from a configuration to a row, the test predictions and the trained model."""

from __future__ import annotations

import resource
import sys
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
from textclf.errors import DataError
from textclf.experiment.preparation import data_of
from textclf.experiment.provenance import provenance
from textclf.metrics import measure, metric_of
from textclf.registry import flatten
from textclf.results.predictions import predictions_frame
from textclf.results.rows import FailedRow, OkRow
from textclf.tasks import name_of_task, task_of
from textclf.training.bfloat16 import with_precision
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.loop import Metric
from textclf.training.model import Model
from textclf.training.parallel import ALONE, Processes

LATENCY_TEXTS = 10


@dataclass(frozen=True)
class Result:
    """What a run leaves: its row, its test predictions, its model."""

    row: OkRow
    predictions: pd.DataFrame
    model: Model


def describe(config: RunConfig, label: str, experiment: str) -> dict[str, Any]:
    """What is known of a row before the run: who it is."""
    settings, options, data = config.settings, flatten(config.encoder), data_of(config)
    task = name_of_task(data.splits(config).test)
    return {
        "schema_version": 2,
        "fingerprint": config.fingerprint(data.sha256),
        "experiment": experiment,
        "status": "ok",
        "error": None,
        "kind": config.kind,
        "task": task,
        "select_by": task_of(task).decides,
        "dataset": data.corpus.name,
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
    label: str,
    experiment: str = "run",
    on_epoch: Callable[[dict[str, Any]], None] | None = None,
    processes: Processes = ALONE,
) -> Result:
    """Train, predict, measure: on one thread, so that a result does not depend on the machine's other work.

    Parameters
    ----------
    config : RunConfig
    label : str
        The model's name in tables.
    experiment : str
    on_epoch : callable, optional
        Is given each epoch record as it comes.
    processes : Processes
        Those that train the model together; each gets the same result.

    Raises
    ------
    DataError
        If the processes do not do the same run.
    """
    use_one_core()
    config = processes.of_first(with_precision(config))
    data = data_of(config)
    row, splits = describe(config, label, experiment), data.splits(config)
    if processes.of_first(row["fingerprint"]) != row["fingerprint"]:
        raise DataError(
            f"process {processes.rank} of {processes.world} has other data or settings than the first; "
            "give all the same files and the same command"
        )
    fit = Fit(
        config,
        splits.train,
        splits.validation,
        splits.classes,
        [*splits.validation.all_texts(), *splits.test.all_texts()],
        _metric(splits.validation),
        data.vectors,
        keep=True,
        processes=processes,
    )
    made = provenance(fit.model.device, fit.model.precision, torch.get_num_threads(), data.sha256)
    if processes.world > 1:
        made["processes"] = processes.world
    for record in fit:
        if on_epoch is not None:
            on_epoch(record)
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    started = time.perf_counter()
    probabilities = {"test": fit.model.predict_proba(splits.test)}
    test_seconds = time.perf_counter() - started
    probabilities |= {name: fit.model.predict_proba(part, keep=True) for name, part in parts.items() if name != "test"}
    task = task_of(name_of_task(splits.test))
    row |= {
        "rows": {name: len(part) for name, part in parts.items()},
        "metrics": {
            name: measure(task.metrics, _indices(part, splits.classes), probabilities[name], part.groups)
            for name, part in parts.items()
        },
        "warnings": warnings_of(config, splits, probabilities["test"]),
        "parameters": fit.model.parameters(),
        "speed": _speed(fit, splits, test_seconds),
        "fit_seconds": fit.seconds,
        "epochs": fit.epochs,
        "best_epoch": fit.best_epoch,
        "peak_memory_mb": peak_memory_mb(),
        "provenance": made,
        "near_duplicates": count_near_duplicates(splits.test, splits.train),  # behind the memory, which it adds to
    }
    return Result(OkRow.model_validate(row), _predictions(splits, fit.model, probabilities["test"]), fit.model)


def warnings_of(config: RunConfig, splits: Splits, probabilities: np.ndarray) -> list[str]:
    """Return what makes the test predictions ``(n, classes)`` doubtful; ranked data and `majority` are exempt.

    Where several classes are the most frequent in training, the one with the fewest test rows counts.
    """
    if config.encoder.part == "majority" or splits.test.groups is not None:
        return []
    labels, predicted = _indices(splits.test, splits.classes), probabilities.argmax(1)
    counts = np.bincount(_indices(splits.train, splits.classes))
    right_without_reading = min(np.sum(labels == label) for label in np.flatnonzero(counts == counts.max()))
    warnings = []
    if len(set(predicted)) == 1 < len(set(labels)):
        warnings.append("predicts one class only")
    if np.sum(labels == predicted) < right_without_reading:
        warnings.append("test accuracy below always choosing the most frequent class")
    return warnings


def _metric(validation: Examples) -> Metric | None:
    """Rows in groups are ranked, so the best epoch is the one that ranks best."""
    groups = validation.groups
    if groups is None:
        return None
    return lambda labels, probabilities: metric_of("map").value(labels, probabilities, groups)


def failed_row(config: RunConfig, label: str, experiment: str, error: str) -> FailedRow:
    """The row of a run that failed."""
    return FailedRow.model_validate(describe(config, label, experiment) | {"status": "failed", "error": error})


def _indices(part: Examples, classes: tuple[str, ...]) -> np.ndarray:
    index = {label: position for position, label in enumerate(classes)}
    return np.array([index[label] for label in part.labels or ()], dtype=np.int64)


def _speed(fit: Fit, splits: Splits, test_seconds: float) -> dict[str, float]:
    """What this run saw, beside others; the report's speeds are measured alone."""
    examples = sum(record["examples"] for record in fit.epochs) or len(splits.train)
    tokens = sum(record["tokens"] for record in fit.epochs) or int(fit.batches.tokens.lengths.sum())
    seconds = sum(record["seconds"] for record in fit.epochs) or fit.seconds
    single = [splits.test.take(np.array([row])) for row in range(min(len(splits.test), LATENCY_TEXTS))]
    started = time.perf_counter()
    for text in single:
        fit.model.predict_proba(text)
    return {
        "train_examples_per_second": examples / seconds,
        "train_tokens_per_second": tokens / seconds,
        "inference_examples_per_second": len(splits.test) / test_seconds,
        "inference_latency_ms": 1000 * (time.perf_counter() - started) / len(single),
    }


def _predictions(splits: Splits, model: Model, probabilities: np.ndarray) -> pd.DataFrame:
    """Return the test predictions with the number of tokens of each text, of both texts of a pair together."""
    test, batches = splits.test, model.batches(splits.test, keep=True)
    tokens = batches.tokens.lengths + (0 if batches.pairs is None else batches.pairs.lengths)
    return predictions_frame(test.ids, test.groups, test.labels or (), tokens, probabilities, splits.classes)


def peak_memory_mb() -> float:
    """The most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
