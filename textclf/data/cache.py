"""The cache: results that are slow to compute, stored in files between runs and checked when they are read.

The name of a file ends in the hash of its content, so that an altered or incomplete file is detected and its
content computed again. Only its owner can read a file, and files of other users are not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from textclf.errors import ConfigurationError, OutputError
from textclf.paths import user_path

LIMIT = 2  # gigabytes of derived files that the folder may hold, if TEXTCLF_CACHE_LIMIT is not set
GIGABYTE = 1024**3
DERIVED = "derived-"  # first part of the names of files that `cached` writes
PARTIAL = "partial-"  # first part of the names of files that are being written
STALE = 24 * 60 * 60  # seconds after which a partial file is removed; no process writes for so long
T = TypeVar("T")


def cache_folder() -> Path:
    """Return ``$TEXTCLF_CACHE``, else ``textclf`` in the user's cache folder; if it does not exist, create it.

    Only the user can read a folder that is created.

    Raises
    ------
    OutputError
        If it cannot be created or written to.
    """
    chosen = os.environ.get("TEXTCLF_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = user_path(chosen) if chosen else base / "textclf"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def size_limit() -> float:
    """Return the number of bytes of derived files that the folder may hold: ``$TEXTCLF_CACHE_LIMIT`` gigabytes, else 2.

    Raises
    ------
    ConfigurationError
        If the variable is not a positive number.
    """
    text = os.environ.get("TEXTCLF_CACHE_LIMIT") or str(LIMIT)
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = 0
    if not gigabytes > 0:
        raise ConfigurationError(
            f'TEXTCLF_CACHE_LIMIT is "{text}"; it must be a positive number, the gigabytes that the cache may hold'
        )
    return gigabytes * GIGABYTE


def unwritable(folder: Path, error: OSError) -> OutputError:
    """Return the error for a cache folder that cannot be written."""
    return OutputError(
        f"{folder}: the cache cannot be written there ({error.strerror or error}); name a folder in TEXTCLF_CACHE"
    )


def cached(key: str, make: Callable[[], T], load: Callable[[Path], T], save: Callable[[T, Path], None]) -> T:
    """Return the value of ``make()``; ``save`` writes it the first time, and ``load`` reads it later.

    If nothing can be written, or if the file is damaged, the value is computed again. When the folder holds more than
    `size_limit` bytes of such files, the least recently read ones are removed.

    Parameters
    ----------
    key : str
        A `digest` of everything that decides the value.

    Raises
    ------
    ConfigurationError
        If the size limit is not a positive number.
    """
    size_limit()  # a mistake of the user, which must not be suppressed below
    name = f"{DERIVED}{key}"
    with contextlib.suppress(Exception):  # libraries raise many types of errors for an unreadable folder or file
        path = stored(name)
        if path is not None:
            value = load(path)
            os.utime(path)
            return value
    value = make()
    with contextlib.suppress(Exception):  # libraries raise many types of errors for a full disk; the run continues
        store(name, lambda path: save(value, path))
    return value


def stored(name: str) -> Path | None:
    """Return the file that `store` wrote under ``name``; None if there is none, or if its content has changed.

    Raises
    ------
    OutputError
        If there is no cache folder and it cannot be created.
    """
    return next(filter(is_intact, files_of(name)), None)


def files_of(name: str) -> list[Path]:
    """Return this user's files that `store` wrote under ``name``, sorted; their content may have changed since.

    Raises
    ------
    OutputError
        If there is no cache folder and it cannot be created.
    """
    return [path for path in sorted(cache_folder().glob(f"{name}-*")) if _is_own(path)]


def is_intact(path: Path) -> bool:
    """Return whether a file has the content that `store` wrote."""
    return path.name.endswith(f"-{_hash(path)}")


def _is_own(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()


def store(name: str, save: Callable[[Path], None]) -> Path:
    """Write a file that only its owner can read; it is complete or absent, even if several processes write it.

    Files of one name and different content stand side by side.

    Parameters
    ----------
    name : str
        The name to pass to `stored` or `files_of`.
    save : callable
        Writes the content to a path, its only argument.

    Raises
    ------
    OutputError
        If there is no cache folder and it cannot be created.
    ConfigurationError
        If the size limit is not a positive number.
    Exception
        The errors of ``save``.
    """
    folder = cache_folder()
    descriptor, temporary = tempfile.mkstemp(prefix=PARTIAL, dir=folder)  # readable by its owner alone
    os.close(descriptor)
    partial = Path(temporary)
    try:
        save(partial)
        path = partial.replace(folder / f"{name}-{_hash(partial)}")
    finally:
        partial.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another process may have removed the same file
        _prune(folder)
    return path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def digest(*parts: str | Iterable[str]) -> str:
    """Return a hash of strings and of the boundaries between them."""
    result = hashlib.sha256()
    for part in parts:
        texts = [part] if isinstance(part, str) else part
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            result.update(b"%d:" % len(content))
            result.update(content)
        result.update(b";")
    return result.hexdigest()[:32]


def _prune(folder: Path) -> None:
    """Remove the least recently read files beyond `size_limit`, and stale partial files."""
    files = sorted(folder.glob(f"{DERIVED}*"), key=lambda path: path.lstat().st_mtime_ns, reverse=True)
    room = size_limit()
    for path in files:
        room -= path.lstat().st_size
        if room < 0:
            path.unlink(missing_ok=True)
    for path in folder.glob(f"{PARTIAL}*"):
        if path.lstat().st_mtime < time.time() - STALE:
            path.unlink(missing_ok=True)
