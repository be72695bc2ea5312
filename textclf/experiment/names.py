"""Names that the user gives to models and datasets: checked before the first run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textclf.bounds import shown
from textclf.escape import visible

LONGEST_MODEL = 100  # characters
LONGEST_DATASET = 1000  # characters, of a name or a path


def problems_of_name(place: str, name: object, longest: int) -> list[str]:
    """Return what makes a name unfit for tables, figures and messages; ``place`` is where it stands in the file."""
    if not isinstance(name, str | int | float) or isinstance(name, bool):
        return [f"{place}: expected a name, not {name!r}"]
    name = str(name)
    if not name.strip():
        return [f"{place}: empty; give it a name"]
    if len(name) > longest:
        return [f"{place}: has {len(name)} characters; at most {longest} are allowed"]
    if visible(name) != name:
        return [f'{place}: "{visible(name)}" has control characters; remove them']
    return []


def problems_of_dataset(place: str, dataset: Mapping[str, Any]) -> list[str]:
    """Return what makes the names of a dataset unfit: its name, its label and its condition."""
    name, label, condition = dataset.get("name"), dataset.get("label", "-"), dataset.get("condition", "")
    problems = []
    if isinstance(name, str):
        problems += problems_of_name(f"{place}.name", name, LONGEST_DATASET)
    else:
        wrong = "missing" if name is None else f"expected words, not {shown(name)}"
        problems.append(f"{place}.name: {wrong}; a corpus or a path")
    if isinstance(label, str):
        problems += problems_of_name(f"{place}.label", label, LONGEST_MODEL)
    else:
        problems.append(f"{place}.label: expected the dataset's name in tables, not {shown(label)}")
    if condition:
        problems += problems_of_name(f"{place}.condition", condition, LONGEST_MODEL)
    return problems


def one_spaced(name: object) -> str:
    """A name without the spaces that a table does not show.

    >>> one_spaced(" lstm  large ")
    'lstm large'
    """
    return " ".join(str(name).split())
