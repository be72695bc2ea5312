"""Where what is slow to make is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from textclf.errors import OutputError


def cache_folder() -> Path:
    """``$TEXTCLF_CACHE``, else ``textclf`` in the user's cache folder; made if it is not there.

    Raises
    ------
    OutputError
        If it cannot be made or written to.
    """
    chosen = os.environ.get("TEXTCLF_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(chosen) if chosen else base / "textclf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def unwritable(folder: Path, error: OSError) -> OutputError:
    """What to say when the cache cannot be kept in ``folder``."""
    return OutputError(
        f"{folder}: the cache cannot be written there ({error.strerror}); name a folder in TEXTCLF_CACHE"
    )
