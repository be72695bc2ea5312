"""Places in an experiment file: which keys belong where, and where the key of a problem stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textclf.config import Settings
from textclf.errors import did_you_mean
from textclf.experiment.preparation import FILE_SETTINGS

OF_THE_GRID = {"dataset": "datasets, as a name", "seed": "seeds, a list"}  # settings that the file's own keys give
OF_THE_TEST = {*FILE_SETTINGS, "folds", "fold", "split_seed", "test_rows", "condition"}  # they decide the test rows
OF_A_DATASET = {"name", "label", "seeds", *Settings.model_fields} - OF_THE_GRID.keys()


def unknown_in_dataset(place: str, keys: Iterable[str]) -> Iterator[str]:
    """A problem for each key that a dataset does not have."""
    for key in keys:
        if key not in OF_A_DATASET and key not in OF_THE_GRID:
            yield f"{place}.{key}: unknown key; {did_you_mean(key, OF_A_DATASET)}"


def misplaced(place: str, keys: Iterable[str], of_a_model: bool = False) -> Iterator[str]:
    """A problem for each setting that the grid gives, or, of a model, that decides the rows it is tested on."""
    for key in keys:
        if key in OF_THE_GRID:
            yield f"{place}.{key}: not here; give it under {OF_THE_GRID[key]}"
        elif of_a_model and key in OF_THE_TEST:
            yield f"{place}.{key}: all models are tested on the same rows; give it under datasets or shared"


def located(line: str, places: Mapping[str, Iterable[str]]) -> str:
    """A problem with the first of the ``places`` (to the keys that stand there) that has its key, else the first."""
    key = line.partition(":")[0]
    having = (place for place, keys in places.items() if any(f"{key}.".startswith(f"{other}.") for other in keys))
    return f"{next(having, next(iter(places)))}.{line}"
