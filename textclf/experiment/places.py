"""Places in an experiment file: which keys each place may have, and the place of a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from textclf.errors import Problem, did_you_mean
from textclf.experiment.preparation import FILE_SETTINGS
from textclf.settings import Settings

# settings that the file gives at its top, under another key -> advice
TOP_LEVEL_SETTINGS = {"dataset": "give it under datasets, as a name", "seed": "give it under seeds, a list"}
# keys that are allowed only at some places in the file -> advice
MISPLACED_KEYS = TOP_LEVEL_SETTINGS | {
    "seeds": "give it under datasets, or at the top of the file",
    "contrasts": "give it at the top of the file",
    "cross": "give it in a model",
    "name": "a model has a name, and so does a dataset",
    "label": "a dataset has a label, a model has a name",
}
TEST_SETTINGS = {*FILE_SETTINGS, "folds", "fold", "split_seed", "test_rows", "condition"}  # they decide the test rows
DATASET_KEYS = {"name", "label", "seeds", *Settings.model_fields} - TOP_LEVEL_SETTINGS.keys()


def unknown_in_dataset(place: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each key that no dataset may have."""
    for key in keys:
        if key not in DATASET_KEYS and key not in MISPLACED_KEYS:
            yield Problem(f"{place}.{key}", f"unknown key; {did_you_mean(key, DATASET_KEYS)}")


def misplaced(place: str, keys: Iterable[str], of_a_model: bool = False) -> Iterator[Problem]:
    """Yield a problem for each key that belongs elsewhere in the file; in a model also for the `TEST_SETTINGS`.

    ``place`` is empty at the top of the file.
    """
    for key in keys:
        if key in MISPLACED_KEYS:
            yield Problem(f"{place}.{key}".removeprefix("."), f"not here; {MISPLACED_KEYS[key]}")
        elif of_a_model and key in TEST_SETTINGS:
            message = "all models are tested on the same rows; give it under datasets or shared"
            yield Problem(f"{place}.{key}", message)


def without_misplaced(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys without the `MISPLACED_KEYS`, which `misplaced` reports."""
    return {key: value for key, value in keys.items() if key not in MISPLACED_KEYS}


def located(problem: Problem, places: Mapping[str, Iterable[str]]) -> Problem:
    """Return a problem with its place in the file before its key.

    Parameters
    ----------
    problem : Problem
    places : mapping of str to iterable of str
        The keys of each place. The chosen place has the longest key that equals the problem's key or is its beginning,
        as ``pooling`` is the beginning of ``pooling.score``. If several places have a key of this length, the first of
        them is chosen. If no place has such a key, the first place is chosen.
    """
    longest = {
        place: max((len(key) for key in keys if f"{problem.key}.".startswith(f"{key}.")), default=0)
        for place, keys in places.items()
    }
    place = max(places, key=longest.__getitem__)
    return replace(problem, key=f"{place}.{problem.key}" if problem.key else place)
