"""Paths that a user gives."""

from __future__ import annotations

import os
from pathlib import Path


def user_path(path: str | Path) -> Path:
    """Return the path that a user means: a ``~`` at its start is the home folder, ``./~`` is a file of that name.

    >>> user_path("./~/model").is_absolute()  # so that no other function expands it
    True
    """
    expanded = Path(os.path.expanduser(path))
    return expanded.absolute() if str(expanded).startswith("~") else expanded
