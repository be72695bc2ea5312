"""Names that the user gives to models and datasets: checks that tables, figures and messages can show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textclf.bounds import shown
from textclf.errors import Problem
from textclf.escape import visible

LONGEST_MODEL = 100  # characters
LONGEST_DATASET = 1000  # characters, of a name or a path


def problems_of_name(place: str, name: object, longest: int) -> list[Problem]:
    """Return the problems of a name, at most one; ``place`` is its place in the file."""
    if not isinstance(name, str | int | float) or isinstance(name, bool):
        message = f"expected a name, not {name!r}"
    elif not str(name).strip():
        message = "empty; give it a name"
    elif len(str(name)) > longest:
        message = f"has {len(str(name))} characters; at most {longest} are allowed"
    elif visible(name) != str(name):
        message = f'"{visible(name)}" has control characters; remove them'
    else:
        return []
    return [Problem(place, message)]


def problems_of_dataset(place: str, dataset: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a dataset's name, label and condition."""
    name, label, condition = dataset.get("name"), dataset.get("label", "-"), dataset.get("condition", "")
    problems = []
    if isinstance(name, str):
        problems += problems_of_name(f"{place}.name", name, LONGEST_DATASET)
    else:
        message = "missing" if name is None else f"expected words, not {shown(name)}"
        problems.append(Problem(f"{place}.name", f"{message}; give a corpus or a path"))
    if isinstance(label, str):
        problems += problems_of_name(f"{place}.label", label, LONGEST_MODEL)
    else:
        problems.append(Problem(f"{place}.label", f"expected the dataset's name in tables, not {shown(label)}"))
    if condition:
        problems += problems_of_name(f"{place}.condition", condition, LONGEST_MODEL)
    return problems


def without_extra_spaces(name: object) -> str:
    """Return a name without leading, trailing and repeated spaces, because tables do not show them.

    >>> without_extra_spaces(" lstm  large ")
    'lstm large'
    """
    return " ".join(str(name).split())
