"""Files that are written completely or not at all: first under a temporary name, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from textclf.errors import OutputError


@contextmanager
def one_message(place: Path) -> Iterator[None]:
    """Turn an error of the file system, such as a full disk, into one message about ``place``.

    Raises
    ------
    OutputError
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{place}: cannot be written ({reason}); make room or choose another folder, then run the same command "
            "again: finished work is kept"
        ) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name to write to; it is renamed to ``path`` at the end, or removed on an error.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = path.with_name(f"{path.name}.partial")
    try:
        with one_message(path):
            yield temporary
            _sync(temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def together(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder; its files are moved into ``folder`` at the end, and none of them on an error.

    Raises
    ------
    OutputError
        If the files cannot be written.
    """
    with one_message(folder), TemporaryDirectory(dir=folder, prefix=".partial-") as temporary:
        yield Path(temporary)
        for path in [path for path in sorted(Path(temporary).rglob("*")) if path.is_file()]:
            target = folder / path.relative_to(temporary)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def append_line(path: Path, line: str) -> None:
    """Append a line and sync it; if that fails, restore the end of the file.

    Raises
    ------
    OutputError
        If the line cannot be written.
    """
    with one_message(path), path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        content = f"{line}\n".encode()
        try:
            while content:
                content = content[file.write(content) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
