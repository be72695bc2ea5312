"""Names that the user gives to models and datasets: checked before the first run."""

from __future__ import annotations

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
