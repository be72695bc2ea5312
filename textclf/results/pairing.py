"""What a difference between two models is computed from: their test scores, seed by seed and example by example."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from textclf.metrics.ranking import rankings
from textclf.results.rows import Row
from textclf.results.store import read_predictions, right_answers

Split = tuple[int, int]  # split_seed and fold, -1 where there are no folds
Scores = dict[Split, dict[int, np.ndarray]]  # split to seed to the score of each test example or group


def scores_of(folder: Path, rows: list[Row], metric: str) -> Scores:
    """What is averaged: whether each test example was right, or each group's average precision."""
    found: Scores = {}
    for row in rows:
        frame = read_predictions(folder, row).sort_values("id")
        if metric == "map":
            last = str(frame.columns[-1])  # the probability of the right answers' class
            scores = rankings((frame["label"] == last[2:]).to_numpy(), frame[last].to_numpy(), frame["group"].tolist())
            scores = scores["map"]
        else:
            scores = right_answers(frame)
        split = (row["split_seed"], -1 if row["fold"] is None else row["fold"])
        found.setdefault(split, {})[row["seed"]] = scores.astype(float)
    return found


def paired(one: Scores, other: Scores) -> list[np.ndarray]:
    """Differences ``(seeds, examples)``, one array a split that both have; a baseline's run pairs with each seed."""
    arrays = []
    for split in sorted(one.keys() & other.keys()):
        seeds = sorted(one[split].keys() & other[split].keys())
        if len(one[split]) == 1 or len(other[split]) == 1:
            seeds = sorted(one[split] if len(one[split]) > len(other[split]) else other[split])
        pairs = [(_of(one[split], seed), _of(other[split], seed)) for seed in seeds]
        if pairs:
            arrays.append(np.array([first - second for first, second in pairs]))
    return arrays


def _of(runs: dict[int, np.ndarray], seed: int) -> np.ndarray:
    return runs.get(seed, next(iter(runs.values())))
