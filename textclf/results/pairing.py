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
    """Return the metric's value for each unit (a test example or a group) of each run.

    The result is empty if the metric has no value per unit.

    Raises
    ------
    DataError
        If the predictions of a run cannot be used.
    """
    scores: Scores = {}
    for row in rows:
        units = metric.per_unit(*arrays_of(read_predictions(folder, row).sort_values("id"), row.task))
        if units is None:
            return {}
        split = (row.split_seed, -1 if row.fold is None else row.fold)
        scores.setdefault(split, {})[row.seed] = units
    return scores


def paired(first: Scores, second: Scores) -> list[np.ndarray]:
    """Return the differences of two models, an array ``(seeds, units)`` for each split that both models have.

    The single run of a baseline is paired with each seed of the other model.
    """
    arrays = []
    for split in sorted(first.keys() & second.keys()):
        ours, theirs = first[split], second[split]
        seeds = sorted(ours.keys() & theirs.keys())
        if len(ours) == 1 or len(theirs) == 1:
            seeds = sorted(ours if len(ours) > len(theirs) else theirs)
        if seeds:
            arrays.append(np.array([_run_of(ours, seed) - _run_of(theirs, seed) for seed in seeds]))
    return arrays


def _run_of(runs: dict[int, np.ndarray], seed: int) -> np.ndarray:
    """The scores of a seed, or of the only run."""
    return runs.get(seed, next(iter(runs.values())))
