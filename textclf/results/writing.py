"""Files that are written whole or not at all: beside their place first, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from textclf.errors import OutputError


@contextmanager
def one_message(place: Path) -> Iterator[None]:
    """Turn an error of the file system, as a full disk, into one message about ``place``.

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
            "again: what was finished is kept"
        ) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The name to write to instead of ``path``; renamed to it at the end, removed if anything fails.

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
    """A folder to write several files to, which are moved into ``folder`` once all are written; on an error, none is.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    with one_message(folder), TemporaryDirectory(dir=folder, prefix=".partial-") as temporary:
        yield Path(temporary)
        for path in [path for path in sorted(Path(temporary).rglob("*")) if path.is_file()]:
            target = folder / path.relative_to(temporary)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def append_line(path: Path, line: str) -> None:
    """Append a line and sync it; where that fails, the file ends as it did before.

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
