"""Places in an experiment file: which keys belong where, and where the key of a problem stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from textclf.errors import Problem, did_you_mean
from textclf.experiment.preparation import FILE_SETTINGS
from textclf.settings import Settings

OF_THE_GRID = {"dataset": "datasets, as a name", "seed": "seeds, a list"}  # settings with a key of their own
ELSEWHERE = OF_THE_GRID | {"seeds": "datasets, or at the top of the file"}  # not for models, and not shared
OF_THE_TEST = {*FILE_SETTINGS, "folds", "fold", "split_seed", "test_rows", "condition"}  # they decide the test rows
OF_A_DATASET = {"name", "label", "seeds", *Settings.model_fields} - OF_THE_GRID.keys()


def unknown_in_dataset(place: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each key that a dataset does not have."""
    for key in keys:
        if key not in OF_A_DATASET and key not in OF_THE_GRID:
            yield Problem(f"{place}.{key}", f"unknown key; {did_you_mean(key, OF_A_DATASET)}")


def misplaced(place: str, keys: Iterable[str], of_a_model: bool = False) -> Iterator[Problem]:
    """Yield a problem for each key that stands elsewhere in the file; in a model also for those of the test rows."""
    for key in keys:
        if key in ELSEWHERE:
            yield Problem(f"{place}.{key}", f"not here; give it under {ELSEWHERE[key]}")
        elif of_a_model and key in OF_THE_TEST:
            message = "all models are tested on the same rows; give it under datasets or shared"
            yield Problem(f"{place}.{key}", message)


def without_misplaced(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys without those that `misplaced` reports in every place."""
    return {key: value for key, value in keys.items() if key not in ELSEWHERE}


def located(problem: Problem, places: Mapping[str, Iterable[str]]) -> Problem:
    """Return a problem with its place in the file before its key.

    Parameters
    ----------
    problem : Problem
    places : mapping of str to iterable of str
        Each place with the keys that stand there. The place with the longest key that is the problem's key or its
        beginning (``pooling`` of ``pooling.score``) is chosen; the first place if none has one, or several have.
    """
    longest = {
        place: max((len(key) for key in keys if f"{problem.key}.".startswith(f"{key}.")), default=0)
        for place, keys in places.items()
    }
    place = max(places, key=longest.__getitem__)
    return replace(problem, key=f"{place}.{problem.key}" if problem.key else place)
