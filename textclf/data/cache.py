"""Where what is slow to make is kept between runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from textclf.errors import OutputError

LIMIT = 2 * 1024**3  # bytes that `kept` leaves in the folder
DERIVED = "derived-"  # what the names of files begin with that can be made again
T = TypeVar("T")


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


def kept(key: str, make: Callable[[], T], load: Callable[[Path], T], save: Callable[[T, Path], None]) -> T:
    """What ``make`` makes; the second time, what ``save`` wrote the first time.

    Where nothing can be written, or what is there is damaged, it is made. Files that were not read for the longest time
    go when the folder holds more than `LIMIT` bytes of them.

    Parameters
    ----------
    key : str
        A `digest` of everything that decides what is made.
    """
    try:
        path = cache_folder() / f"{DERIVED}{key}"
    except OutputError:
        return make()
    with contextlib.suppress(Exception):  # whatever a damaged file makes a library raise
        found = load(path)
        os.utime(path)
        return found
    made = make()
    temporary = path.with_name(f"partial-{key}-{os.getpid()}")
    try:
        save(made, temporary)
        temporary.replace(path)
        _prune(path.parent)
    except Exception:  # whatever a full disk makes a library raise; the run goes on without
        temporary.unlink(missing_ok=True)
    return made


def digest(*parts: str | Iterable[str]) -> str:
    """A hash of strings, and of where one ends and the next begins."""
    found = hashlib.sha256()
    for part in parts:
        texts = [part] if isinstance(part, str) else part
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            found.update(b"%d:" % len(content))
            found.update(content)
        found.update(b";")
    return found.hexdigest()[:32]


def _prune(folder: Path) -> None:
    files = sorted(folder.glob(f"{DERIVED}*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    room = LIMIT
    for path in files:
        room -= path.stat().st_size
        if room < 0:
            path.unlink(missing_ok=True)
