"""Where what is slow to make is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$TEXTCLF_CACHE``, else ``textclf`` in the user's cache folder; made if it is not there."""
    chosen = os.environ.get("TEXTCLF_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(chosen) if chosen else base / "textclf"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
