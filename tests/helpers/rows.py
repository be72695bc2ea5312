"""Rows of results, made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

TESTED = 40


def row(model: str, dataset: str, seed: int, fold: int | None, accuracy: float, **changes: Any) -> dict[str, Any]:
    """A row of a run that ended well, but for ``changes``."""
    baseline = model == "tfidf"
    return {
        "fingerprint": f"{model}-{dataset}-{seed}-{fold}",
        "experiment": "made",
        "status": "ok",
        "error": None,
        "dataset": dataset,
        "condition": "",
        "model": model,
        "encoder": model.partition("-")[0],
        "score": None,
        "normaliser": None,
        "seed": seed,
        "split_seed": 0,
        "fold": fold,
        "config": {"encoder": model.partition("-")[0], "epochs": 3, "seed": seed, "fold": fold, "dataset": dataset}
        | {"folds": None if fold is None else 2, "max_tokens": 64, "train_rows": 100, "test_rows": None}
        | {"precision": "auto", "dropout": 0.5},
        "rows": {"train": 100, "validation": 10, "test": TESTED},
        "metrics": {"test": {"accuracy": accuracy, "macro_f1": max(accuracy - 0.01, 0.0), "log_loss": 0.5}},
        "parameters": {"total": 900 if baseline else 5000, "embedding": 0, "encoder": 0 if baseline else 1234},
        "fit_seconds": 2.5,
        "epochs": [] if baseline else [{"epoch": 1}],
        "peak_memory_mb": 321.0,
        "provenance": {
            "commit": "abc",
            "data_sha256": "d",
            "machine": "a machine",
            "versions": {"torch": "2"},
            "device": "cpu",
            "precision": "float32",
            "threads": 1,
            "started_at": "2026-01-01T00:00:00+00:00",
        },
    } | changes


def predicted(right: int) -> pd.DataFrame:
    """Predictions of `TESTED` examples, so many of them right."""
    sure = [0.6 if number < right else 0.4 for number in range(TESTED)]
    return pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": [1 - one for one in sure], "p_b": sure})


def write_run(folder: Path, row: dict[str, Any], predictions: pd.DataFrame) -> None:
    """Append a row to a folder of results, as an experiment does, with its predictions."""
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(folder / f"predictions/{row['fingerprint']}.parquet", index=False)
    with (folder / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
