"""Results as a pandas table, for notebooks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from textclf.results.experiment_records import read_last_rows
from textclf.results.row_parts import Speeds
from textclf.results.rows import OkRow

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
SPEEDS = tuple(Speeds.model_fields)
COSTS = (
    *(f"{part}_parameters" for part in ("total", "embedding", "encoder", "classifier")),
    *SPEEDS,
    "fit_seconds",
    "best_epoch",
    "peak_memory_mb",
)


def read_results(folder: str | Path) -> pd.DataFrame:
    """Read a folder of results into a table with a row for each run.

    Of a run that was made more than once, the last row counts. Runs that the experiment file no longer asks for are
    left out.

    Parameters
    ----------
    folder : path
        A folder that ``textclf experiment`` has written.

    Returns
    -------
    pd.DataFrame
        - which run: ``dataset``, ``condition``, ``model``, ``seed``, ``split_seed``, ``fold``, ``status`` (``ok`` or
          ``failed``), ``error``, ``kind`` (``encoder`` or ``baseline``), ``task``, ``select_by`` (the metric that
          decides), ``encoder``, ``pooling``, ``score``, ``normaliser``, ``variant``, ``fingerprint``;
        - metrics of each split, as ``test_accuracy``; those in percent are fractions;
        - ``total_parameters``, ``embedding_parameters``, ``encoder_parameters``, ``classifier_parameters``;
        - speeds of the speed pass, each model alone on the machine: ``train_examples_per_second``,
          ``train_tokens_per_second``, ``inference_examples_per_second``, ``inference_latency_ms``;
        - ``fit_seconds``, ``best_epoch``, ``peak_memory_mb``.

        A failed run has no metrics, parameters and costs (NaN).

    Raises
    ------
    DataError
        If the folder has no rows, or one of them cannot be used.

    Examples
    --------
    >>> results = read_results("results/default")  # doctest: +SKIP
    >>> results.groupby(["dataset", "model"])["test_accuracy"].mean()  # doctest: +SKIP
    """
    last = read_last_rows(Path(folder))
    rows = [
        {name: getattr(row, name) for name in IDENTITY}
        | (_measured(row) if isinstance(row, OkRow) else {})
        | _speeds(last.speeds.get((row.dataset, row.condition, row.model)))
        for row in last.rows
    ]
    others = dict.fromkeys(name for row in rows for name in row if name not in (*IDENTITY, *COSTS))
    return pd.DataFrame(rows, columns=[*IDENTITY, *others, *COSTS])


def _measured(row: OkRow) -> dict[str, float]:
    metrics = {f"{split}_{name}": value for split in SPLITS for name, value in row.metrics.get(split, {}).items()}
    return metrics | {
        "total_parameters": row.parameters.total,
        "embedding_parameters": row.parameters.embedding,
        "encoder_parameters": row.parameters.encoder,
        "classifier_parameters": row.parameters.classifier,
        "fit_seconds": row.fit_seconds,
        "best_epoch": row.best_epoch,
        "peak_memory_mb": row.peak_memory_mb,
    }


def _speeds(speeds: Speeds | None) -> dict[str, float]:
    return {} if speeds is None else {name: getattr(speeds, name) for name in SPEEDS}
