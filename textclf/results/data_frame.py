"""Results as a pandas table, for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from textclf.paths import user_path
from textclf.results.experiment_records import read_last_rows
from textclf.results.row_parts import Parameters, Speeds
from textclf.results.rows import OkRow, RunRow

IDENTITY = (
    "dataset",
    "condition",
    "model",
    "seed",
    "split_seed",
    "fold",
    "status",
    "error",
    "kind",
    "task",
    "select_by",
    "encoder",
    "pooling",
    "score",
    "normaliser",
    "variant",
    "fingerprint",
)
SPLITS = ("test", "validation", "train")
PARAMETERS = tuple(f"{part}_parameters" for part in Parameters.model_fields)
SPEEDS = tuple(Speeds.model_fields)
COSTS = (*PARAMETERS, *SPEEDS, "fit_seconds", "best_epoch", "peak_memory_mb", "pretrained")
TYPES = (
    dict.fromkeys(("fold", "best_epoch", *PARAMETERS), "Int64")  # integers that may be missing
    | dict.fromkeys((*SPEEDS, "fit_seconds", "peak_memory_mb"), "float64")
)


def read_results(folder: str | Path) -> pd.DataFrame:
    """Read a folder of results into a table with a row for each run.

    If a run was repeated, the table holds its last row. Runs that the experiment file no longer contains are
    left out.

    Parameters
    ----------
    folder : path
        A folder that ``textclf experiment`` has written.

    Returns
    -------
    pd.DataFrame
        Columns, in this order:

        - identity: ``dataset``, ``condition``, ``model``, ``seed``, ``split_seed``, ``fold``, ``status`` (``ok`` or
          ``failed``), ``error``, ``kind`` (``encoder`` or ``baseline``), ``task``, ``select_by`` (the metric that
          chooses the epoch and ranks models), ``encoder``, ``pooling``, ``score``, ``normaliser``, ``variant``,
          ``fingerprint``;
        - metrics of the test, validation and training split, as ``test_accuracy``; metrics that tables show in
          percent are fractions from 0 to 1;
        - ``total_parameters``, ``embedding_parameters``, ``encoder_parameters``, ``classifier_parameters``,
          ``pretrained_parameters``, ``trained_parameters``;
        - speeds from the speed pass, with one model at a time on the machine: ``train_examples_per_second``,
          ``train_tokens_per_second``, ``inference_examples_per_second``, ``inference_latency_ms``;
        - ``fit_seconds``, ``best_epoch``, ``peak_memory_mb``;
        - ``pretrained``: the pretrained part of the model in words, such as ``minilm, frozen``; None if it has none.

        Missing values are NaN, None or ``<NA>``: ``fold`` without folds, speeds that were not measured,
        ``trained_parameters`` of older rows, and metrics, parameters and costs of failed runs. ``fold``, ``best_epoch``
        and numbers of parameters are nullable integers.

    Raises
    ------
    DataError
        If the folder has no rows, or if one of them is damaged.

    Examples
    --------
    >>> results = read_results("results/default")  # doctest: +SKIP
    >>> results.groupby(["dataset", "model"])["test_accuracy"].mean()  # doctest: +SKIP
    """
    last = read_last_rows(user_path(folder))
    rows = [
        {name: getattr(row, name) for name in IDENTITY}
        | (_measured(row) if isinstance(row, OkRow) else {})
        | _speeds(last.speeds.get((row.dataset, row.condition, row.model)))
        for row in last.rows
    ]
    metrics = dict.fromkeys(name for split in SPLITS for row in last.rows for name in _metrics(row, split))
    frame = pd.DataFrame(rows, columns=[*IDENTITY, *metrics, *COSTS]).astype(TYPES)
    frame["variant"] = pd.Series([row.variant for row in last.rows], dtype=object)  # numbers or names
    frame["pretrained"] = pd.Series([row.get("pretrained") for row in rows], dtype=object)
    return frame


def _metrics(row: RunRow, split: str) -> dict[str, float]:
    values = row.metrics.get(split, {}) if isinstance(row, OkRow) else {}
    return {f"{split}_{name}": value for name, value in values.items()}


def _measured(row: OkRow) -> dict[str, Any]:
    metrics = {name: value for split in SPLITS for name, value in _metrics(row, split).items()}
    parameters = {f"{part}_parameters": getattr(row.parameters, part) for part in Parameters.model_fields}
    return metrics | {
        **parameters,
        "fit_seconds": row.fit_seconds,
        "best_epoch": row.best_epoch,
        "peak_memory_mb": row.peak_memory_mb,
        "pretrained": row.pretrained,
    }


def _speeds(speeds: Speeds | None) -> dict[str, float]:
    return {} if speeds is None else {name: getattr(speeds, name) for name in SPEEDS}
