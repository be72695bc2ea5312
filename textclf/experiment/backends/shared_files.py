"""Temporary files through which the processes of this machine share large values."""

from __future__ import annotations

import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True)
class SharedFile(Generic[T]):
    """A file that holds one value.

    A pipe is worse: the parent has to send the value to each worker, and gets an error if the worker dies.
    """

    path: Path

    def load(self) -> T:
        """Return the value."""
        with self.path.open("rb") as file:
            return cast(T, pickle.load(file))


class SharedFiles:
    """A temporary folder with one file for each value. A context manager that removes the folder at its end.

    The files are pickles; only the processes of one experiment write and read them. Word vectors are not copied: the
    file names their place in the cache, and a process that loads the file maps them into its memory (see `Vectors`).
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._shared: dict[int, tuple[object, object]] = {}  # holds each value too, so that its id stays unique

    def __enter__(self) -> SharedFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def share(self, value: T) -> T | SharedFile[T]:
        """Return the file of ``value``, which is written at the first call; ``value`` itself if writing fails."""
        if id(value) not in self._shared:
            self._shared[id(value)] = value, self._write(value)
        return cast("T | SharedFile[T]", self._shared[id(value)][1])

    def _write(self, value: T) -> T | SharedFile[T]:
        try:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="textclf-")
            path = Path(self._folder.name) / str(len(self._shared))
            with path.open("wb") as file:
                pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)
        except OSError:
            return value
        return SharedFile(path)
