"""What a difference between two models is computed from: their test scores, seed by seed and example by example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from textclf.evaluation.metrics import rankings
from textclf.experiment.store import Row, read_predictions


def scores_of(folder: Path, rows: list[Row], metric: str) -> dict[Any, dict[int, np.ndarray]]:
    """Fold to seed to what is averaged: whether each test example was right, or each group's average precision."""
    found: dict[Any, dict[int, np.ndarray]] = {}
    for row in rows:
        frame = read_predictions(folder, row).sort_values("id")
        classes = [column for column in map(str, frame.columns) if column.startswith("p_")]
        labels, probabilities = frame["label"].to_numpy(), frame[classes].to_numpy()
        if metric == "map":
            scores = rankings(labels == classes[-1][2:], probabilities[:, -1], frame["group"].tolist())["map"]
        else:
            scores = np.array([column[2:] for column in classes])[probabilities.argmax(1)] == labels
        found.setdefault(row["fold"], {})[row["seed"]] = scores.astype(float)
    return found


def paired(one: dict[Any, dict[int, np.ndarray]], other: dict[Any, dict[int, np.ndarray]]) -> list[np.ndarray]:
    """Differences ``(seeds, examples)``, one array a fold that both have; a baseline's one run pairs with each seed."""
    arrays = []
    for fold in sorted(one.keys() & other.keys(), key=lambda fold: fold or 0):
        seeds = sorted(one[fold].keys() & other[fold].keys())
        if len(one[fold]) == 1 or len(other[fold]) == 1:
            seeds = sorted(one[fold] if len(one[fold]) > len(other[fold]) else other[fold])
        pairs = [(_of(one[fold], seed), _of(other[fold], seed)) for seed in seeds]
        arrays.append(np.array([first - second for first, second in pairs]))
    return arrays


def _of(runs: dict[int, np.ndarray], seed: int) -> np.ndarray:
    return runs.get(seed, next(iter(runs.values())))
