"""Plug-ins that rows of results need and that are not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from textclf.errors import ConfigurationError, TextclfError
from textclf.plugins import loaded_plugins
from textclf.results.rows import OkRow
from textclf.results.store import read_rows


@contextmanager
def with_missing_plugins(folder: Path) -> Iterator[None]:
    """Add to a configuration error a first line with the plug-ins that rows in ``folder`` used and that are missing."""
    try:
        yield
    except ConfigurationError as error:
        missing: set[str] = set()
        with suppress(TextclfError):
            missing = _missing(folder)
        if not missing:
            raise
        names = ", ".join(sorted(missing))
        advice = f"{folder}: its runs use parts of {names}; give that file with --plugin FILE"
        raise ConfigurationError([advice, *error.problems]) from None


def _missing(folder: Path) -> set[str]:
    loaded = {key for plugin in loaded_plugins() for key in (plugin.name, plugin.sha256)}
    rows = [row for row in read_rows(folder) if isinstance(row, OkRow)]
    used = {item for row in rows for item in (row.provenance.plugins or {}).items()}
    return {name for name, sha256 in used if name not in loaded and sha256 not in loaded}
