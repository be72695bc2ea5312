"""Pairing: the test scores of two models, unit by unit and seed by seed, and their differences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from textclf.metrics.metric import Metric
from textclf.results.prediction_files import read_predictions
from textclf.results.predictions import arrays_of
from textclf.results.rows import OkRow

Split = tuple[int, int]  # split_seed and fold, -1 where there are no folds
Scores = dict[Split, dict[int, np.ndarray]]  # split to seed to the score of each unit


def scores_of(folder: Path, rows: Iterable[OkRow], metric: Metric) -> Scores:
    """The metric's value for each unit (a test example or a group) of each run; nothing where it has no such values.

    Raises
    ------
    DataError
        If the predictions of a run cannot be used.
    """
    scores: Scores = {}
    for row in rows:
        units = metric.per_unit(*arrays_of(read_predictions(folder, row).sort_values("id")))
        if units is None:
            return {}
        split = (row.split_seed, -1 if row.fold is None else row.fold)
        scores.setdefault(split, {})[row.seed] = units
    return scores


def paired(one: Scores, other: Scores) -> list[np.ndarray]:
    """Differences ``(seeds, units)``, one array a split that both have; a baseline's run pairs with each seed."""
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
