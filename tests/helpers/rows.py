"""Rows of results, made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from textclf.results.prediction_files import write_predictions
from textclf.results.predictions import predictions_frame
from textclf.results.row_parser import parse_row
from textclf.results.rows import OkRow, RunRow, SpeedRow

TESTED = 40
PROVENANCE = {
    "commit": "abc",
    "data_sha256": "d",
    "machine": "a machine",
    "versions": {"torch": "2"},
    "device": "cpu",
    "precision": "float32",
    "threads": 1,
    "started_at": "2026-01-01T00:00:00+00:00",
}
SPEED = {
    "train_examples_per_second": 1500.0,
    "train_tokens_per_second": 15000.0,
    "inference_examples_per_second": 9000.0,
    "inference_latency_ms": 1.25,
}
EPOCH = {
    "epoch": 1,
    "train_loss": 0.5,
    "seconds": 2.0,
    "examples": 100,
    "tokens": 1000,
    "validation_loss": 0.5,
    "validation_metric": 0.5,
}


def keys_of_row(
    model: str, dataset: str, seed: int, fold: int | None, accuracy: float, **changes: Any
) -> dict[str, Any]:
    """The keys and values of the row of a successful run, updated with ``changes``."""
    baseline = model == "tfidf"
    encoder = model.partition("-")[0]
    return {
        "schema_version": 2,
        "fingerprint": f"{model}-{dataset}-{seed}-{fold}",
        "experiment": "made",
        "status": "ok",
        "error": None,
        "kind": "baseline" if baseline else "encoder",
        "task": "single_label",
        "select_by": "accuracy",
        "dataset": dataset,
        "condition": "",
        "model": model,
        "encoder": encoder,
        "pooling": None,
        "score": None,
        "normaliser": None,
        "variant": None,
        "seed": seed,
        "split_seed": 0,
        "fold": fold,
        "config": {"encoder": encoder, "epochs": 3, "seed": seed, "fold": fold, "dataset": dataset}
        | {"folds": None if fold is None else 2, "max_tokens": 64, "train_rows": 100, "test_rows": None}
        | {"precision": "auto", "dropout": 0.5},
        "rows": {"train": 100, "validation": 10, "test": TESTED},
        "metrics": {"test": {"accuracy": accuracy, "macro_f1": max(accuracy - 0.01, 0.0), "log_loss": 0.5}},
        "parameters": {
            "total": 900 if baseline else 5000,
            "embedding": 0,
            "encoder": 0 if baseline else 1234,
            "classifier": 900 if baseline else 3766,
        },
        "speed": SPEED,
        "fit_seconds": 2.5,
        "epochs": [] if baseline else [EPOCH],
        "best_epoch": 0 if baseline else 1,
        "peak_memory_mb": 321.0,
        "provenance": PROVENANCE,
    } | changes


def row(model: str, dataset: str, seed: int, fold: int | None, accuracy: float, **changes: Any) -> Any:
    """The row of a run: `OkRow`, or `FailedRow` if ``changes`` set the status to failed."""
    return parse_row(json.dumps(keys_of_row(model, dataset, seed, fold, accuracy, **changes)), RunRow, "made by hand")


def speed_row(fingerprint: str, dataset: str, model: str, **changes: float) -> SpeedRow:
    """The row of a measurement of the speed pass."""
    keys = {"schema_version": 2, "fingerprint": fingerprint, "dataset": dataset, "condition": "", "model": model}
    return SpeedRow.model_validate(keys | {"speed": SPEED | changes, "provenance": PROVENANCE})


def predictions_of(correct: np.ndarray) -> pd.DataFrame:
    """Predictions of two classes: 90 % for the true class ``b`` if they are correct, otherwise 20 %."""
    sure = np.where(correct, 0.9, 0.2)
    return predictions_frame(
        np.arange(len(sure)), None, ["b"] * len(sure), None, np.column_stack([1 - sure, sure]), ("a", "b")
    )


def predicted(right: int) -> pd.DataFrame:
    """Predictions of `TESTED` examples, the first ``right`` of them correct."""
    return predictions_of(np.arange(TESTED) < right)


def write_run(folder: Path, row: OkRow, predictions: pd.DataFrame) -> None:
    """Append a row and its predictions to a folder of results, as an experiment does."""
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(folder, row.fingerprint, predictions)
    with (folder / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(row.to_json() + "\n")
