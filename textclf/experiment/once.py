"""Refuse experiment files that list a seed, dataset or model twice: a result belongs to its configuration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, TypeAdapter

from textclf.bounds import Seed
from textclf.config import RunConfig
from textclf.errors import Problem

MAX_RUNS = 100_000
NAMES = ("name", "label", "condition")  # the keys that identify a dataset in tables
ALIKE = {*NAMES, "seeds", "split_seed", "fold"}  # runs that differ only in these share one table


def _each_once(values: list[int]) -> list[int]:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"{', '.join(map(str, twice))}: there twice; give each seed once")
    return values


Seeds = Annotated[list[Seed], Field(min_length=1, max_length=10_000), AfterValidator(_each_once)]
SEEDS = TypeAdapter[list[int]](Seeds)


class Combination(NamedTuple):
    """A model on a dataset, with its seeds.

    Attributes
    ----------
    dataset : int
        Its position in the file.
    place : str
        The place of the model in the file.
    seeds : list of int
    config : RunConfig
    label : str
        The label of the model, which no other model of the dataset has.
    """

    dataset: int
    place: str
    seeds: list[int]
    config: RunConfig
    label: str

    def turns(self) -> Iterator[tuple[int, int, int | None]]:
        """Yield the position of the seed, the seed and the fold of each run; a baseline runs with one seed only."""
        settings = self.config.settings
        whole = settings.folds is None or settings.fold is not None
        for turn, seed in enumerate(self.seeds[:1] if self.config.kind == "baseline" else self.seeds):
            for fold in [settings.fold] if whole else range(settings.folds or 0):
                yield turn, seed, fold


def alike_in_name(combinations: Iterable[Combination]) -> Iterator[Problem]:
    """Yield a problem for each model whose label an earlier model of the same dataset has."""
    first: dict[tuple[int, str], Combination] = {}
    for combination in combinations:
        other = first.setdefault((combination.dataset, combination.label), combination)
        if other is not combination:
            message = f'is called "{combination.label}", as {other.place}; give one of them a name'
            yield Problem(combination.place, message)


def repeated(combinations: Iterable[Combination]) -> Iterator[Problem]:
    """Yield a problem for each run whose configuration an earlier run has."""
    first: dict[tuple[Any, ...], Combination] = {}
    for combination in combinations:
        alike = json.dumps(combination.config.with_settings(seed=0, fold=None).flat(), sort_keys=True)
        for _, seed, fold in combination.turns():
            if len(first) >= MAX_RUNS:
                message = f"with every seed, fold and model more than {MAX_RUNS:,} runs; make several files of it"
                yield Problem("datasets", message)
                return
            other = first.setdefault((alike, seed, fold), combination)
            if other.dataset != combination.dataset:
                yield Problem(
                    f"datasets[{combination.dataset}]",
                    f"the dataset, settings and condition of datasets[{other.dataset}]; "
                    "leave one out, or give it other settings",
                )
            elif other.label != combination.label:
                message = f'"{combination.label}" has the settings of "{other.label}" ({other.place}); leave one out'
                yield Problem(combination.place, message)


def condition_of(dataset: Mapping[str, Any], datasets: Sequence[Mapping[str, Any]]) -> str:
    """Return the condition of a dataset: its own, and the settings that differ from datasets of the same name.

    >>> datasets = [{"name": "mr"}, {"name": "mr", "max_tokens": 64}, {"name": "trec", "max_tokens": 64}]
    >>> [condition_of(dataset, datasets) for dataset in datasets]
    ['', 'max tokens 64', '']
    """
    given = dataset.get("condition")
    alike = [other for other in datasets if all(other.get(key) == dataset.get(key) for key in NAMES)]
    own = [key for key in dataset if key not in ALIKE and any(dataset[key] != other.get(key) for other in alike)]
    return ", ".join([*([given] if given else []), *(f"{key.replace('_', ' ')} {dataset[key]}" for key in own)])
