"""Combinations of a model and a dataset in an experiment file, and the checks that none is listed twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from textclf.config import RunConfig
from textclf.errors import Problem

MAX_RUNS = 100_000  # in one experiment


class Combination(NamedTuple):
    """A model on a dataset, with its seeds.

    Attributes
    ----------
    dataset : int
        The dataset's position in the file.
    place : str
        The model's place in the file.
    seeds : list of int
    config : RunConfig
    label : str
        The model's name in tables.
    """

    dataset: int
    place: str
    seeds: list[int]
    config: RunConfig
    label: str

    def seeds_and_folds(self) -> Iterator[tuple[int, int, int | None]]:
        """Yield the position of the seed, the seed and the fold of each run; a baseline runs with one seed only."""
        settings = self.config.settings
        one_split = settings.folds is None or settings.fold is not None
        folds = [settings.fold] if one_split else range(settings.folds or 0)
        for position, seed in enumerate(self.seeds[:1] if self.config.kind == "baseline" else self.seeds):
            for fold in folds:
                yield position, seed, fold


def repeated_labels(combinations: Iterable[Combination]) -> Iterator[Problem]:
    """Yield a problem for each model that has the label of an earlier model on the same dataset."""
    first: dict[tuple[int, str], Combination] = {}
    for combination in combinations:
        other = first.setdefault((combination.dataset, combination.label), combination)
        if other is not combination:
            message = f'is called "{combination.label}", as {other.place}; give one of them a name'
            yield Problem(combination.place, message)


def repeated_runs(combinations: Iterable[Combination]) -> Iterator[Problem]:
    """Yield a problem for each run that has the configuration of an earlier run; stop at more than `MAX_RUNS` runs."""
    first: dict[tuple[Any, ...], Combination] = {}
    for combination in combinations:
        config = json.dumps(combination.config.with_settings(seed=0, fold=None).flat(), sort_keys=True)
        for _, seed, fold in combination.seeds_and_folds():
            if len(first) >= MAX_RUNS:
                message = f"more than {MAX_RUNS:,} runs with every seed, fold and model; make several files of it"
                yield Problem("datasets", message)
                return
            other = first.setdefault((config, seed, fold), combination)
            if other.dataset != combination.dataset:
                message = (
                    f"has the dataset, settings and condition of datasets[{other.dataset}]; "
                    "leave one out, or give it other settings"
                )
                yield Problem(f"datasets[{combination.dataset}]", message)
            elif other.label != combination.label:
                message = f'"{combination.label}" has the settings of "{other.label}" ({other.place}); leave one out'
                yield Problem(combination.place, message)
