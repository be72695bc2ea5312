"""Once: no seed, dataset or model may be in an experiment file twice, as its runs would be the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, TypeAdapter

from textclf.bounds import Seed
from textclf.config import RunConfig

MAX_RUNS = 100_000
NAMES = ("name", "label", "condition")  # the keys by which tables know a dataset
ALIKE = {*NAMES, "seeds", "split_seed", "fold"}  # runs that differ in these alone make one table


def _each_once(values: list[int]) -> list[int]:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"{', '.join(map(str, twice))}: there twice; give each seed once")
    return values


Seeds = Annotated[list[Seed], Field(min_length=1, max_length=10_000), AfterValidator(_each_once)]
SEEDS = TypeAdapter[list[int]](Seeds)


class Combination(NamedTuple):
    """A model on a dataset, both by their numbers in the file, with its seeds."""

    dataset: int
    model: int
    seeds: list[int]
    config: RunConfig
    label: str

    def turns(self) -> Iterator[tuple[int, int, int | None]]:
        """Each run as its turn among the seeds, its seed and its fold; a baseline depends on the split alone."""
        settings = self.config.settings
        whole = settings.folds is None or settings.fold is not None
        for turn, seed in enumerate(self.seeds[:1] if self.config.kind == "baseline" else self.seeds):
            for fold in [settings.fold] if whole else range(settings.folds or 0):
                yield turn, seed, fold


def repeated(combinations: Iterable[Combination]) -> Iterator[str]:
    """A problem for each run that is there twice: a result belongs to its configuration, so the second is lost."""
    first: dict[tuple[Any, ...], Combination] = {}
    for combination in combinations:
        alike = json.dumps(combination.config.with_settings(seed=0, fold=None).flat(), sort_keys=True)
        for _, seed, fold in combination.turns():
            if len(first) >= MAX_RUNS:
                yield f"datasets: with every seed, fold and model more than {MAX_RUNS:,} runs; make several files of it"
                return
            other = first.setdefault((alike, seed, fold), combination)
            if other.dataset != combination.dataset:
                yield (
                    f"datasets[{combination.dataset}]: the dataset, settings and condition of "
                    f"datasets[{other.dataset}]; leave one out, or give it other settings"
                )
            elif other.model != combination.model:
                yield f"models[{combination.model}]: the settings of models[{other.model}]; leave one out"


def condition_of(dataset: Mapping[str, Any], datasets: Sequence[Mapping[str, Any]]) -> str:
    """What tells a dataset from others of its name and condition: the settings that they do not share.

    >>> datasets = [{"name": "mr"}, {"name": "mr", "max_tokens": 64}, {"name": "trec", "max_tokens": 64}]
    >>> [condition_of(dataset, datasets) for dataset in datasets]
    ['', 'max tokens 64', '']
    """
    given = dataset.get("condition")
    alike = [other for other in datasets if all(other.get(key) == dataset.get(key) for key in NAMES)]
    own = [key for key in dataset if key not in ALIKE and any(dataset[key] != other.get(key) for other in alike)]
    return ", ".join([*([given] if given else []), *(f"{key.replace('_', ' ')} {dataset[key]}" for key in own)])
