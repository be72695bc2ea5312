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
from textclf.data.near_duplicates import count_near_duplicates
from textclf.data.splits import Splits
from textclf.encoders.baselines import BASELINES
from textclf.errors import DataError
from textclf.experiment.preparation import data_of
from textclf.experiment.provenance import provenance
from textclf.metrics import measure
from textclf.registry import flatten
from textclf.tasks import deciding_metric, name_of_task
from textclf.tasks.task import Task
from textclf.training.bfloat16 import with_precision
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.model import Model
from textclf.training.parallel import ALONE, Processes

SCHEMA_VERSION = 1
LATENCY_TEXTS = 10


@dataclass(frozen=True)
class Result:
    """What a run leaves: its row, its test predictions, its model."""

    row: dict[str, Any]
    predictions: pd.DataFrame
    model: Model


def describe(config: RunConfig, label: str, experiment: str) -> dict[str, Any]:
    """What is known of a row before the run: who it is."""
    settings, options, data = config.settings, flatten(config.encoder), data_of(config)
    parts = data.splits(config).parts().values()
    task = name_of_task(*parts)
    return {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": config.fingerprint(data.sha256),
        "experiment": experiment,
        "status": "ok",
        "error": None,
        "kind": config.kind,
        "task": task,
        "select_by": deciding_metric(settings.select_by, task, *parts),
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
    on_epoch: Callable[[dict[str, Any], str], None] | None = None,
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
        Called with each epoch record, and with the name of the metric that chooses the best epoch.
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
        row["task"],
        data.vectors,
        keep=True,
        processes=processes,
    )
    made = provenance(fit.model.device, fit.model.precision, torch.get_num_threads(), data.sha256)
    if processes.world > 1:
        made["processes"] = processes.world
    for record in fit:
        if on_epoch is not None:
            on_epoch(record, fit.select_by)
    parts, targets = splits.parts(), {name: fit.model.targets(part) for name, part in splits.parts().items()}
    started = time.perf_counter()
    probabilities = {"test": fit.model.predict_proba(splits.test)}
    test_seconds = time.perf_counter() - started
    probabilities |= {name: fit.model.predict_proba(part, keep=True) for name, part in parts.items() if name != "test"}
    metrics = dict.fromkeys([*fit.model.task.metrics, fit.select_by])  # each once
    row |= {
        "rows": {name: len(part) for name, part in parts.items()},
        "metrics": {
            name: measure(metrics, targets[name], probabilities[name], part.groups) for name, part in parts.items()
        },
        "warnings": warnings_of(config, fit.model.task, targets["train"], targets["test"], probabilities["test"]),
        "parameters": fit.model.parameters(),
        "speed": _speed(fit, splits, test_seconds),
        "fit_seconds": fit.seconds,
        "epochs": fit.epochs,
        "best_epoch": fit.best_epoch,
        "peak_memory_mb": peak_memory_mb(),
        "provenance": made,
        "near_duplicates": count_near_duplicates(splits.test, splits.train),  # behind the memory, which it adds to
    }
    return Result(row, _predictions(splits, probabilities["test"]), fit.model)


def warnings_of(
    config: RunConfig, task: Task, train: np.ndarray, test: np.ndarray, probabilities: np.ndarray
) -> list[str]:
    """Return the task's reasons to doubt the test predictions; a baseline that does not read the texts has none."""
    if config.kind == "baseline" and not BASELINES[config.encoder.part].reads_texts:
        return []
    return task.warnings(train, test, probabilities)


def failed_row(config: RunConfig, label: str, experiment: str, error: str) -> dict[str, Any]:
    """The row of a run that did not end well."""
    return describe(config, label, experiment) | {"status": "failed", "error": error}


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


def _predictions(splits: Splits, probabilities: np.ndarray) -> pd.DataFrame:
    """Test rows: ``id``, ``group`` where there are groups, ``label``, and ``p_<class>`` for each class."""
    frame = pd.DataFrame({"id": splits.test.ids})
    if splits.test.groups is not None:
        frame["group"] = list(splits.test.groups)
    frame["label"] = list(splits.test.labels or ())
    for column, label in enumerate(splits.classes):
        frame[f"p_{label}"] = probabilities[:, column]
    return frame


def peak_memory_mb() -> float:
    """The most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
