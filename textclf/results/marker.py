"""The marker: a small JSON file that identifies a folder of results and names its experiment file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from textclf.errors import OutputError
from textclf.paths import user_path
from textclf.results.writing import replacing

MARKER = "textclf.json"
LOCK = ".lock"  # never removed: otherwise two processes could hold locks on two different files of this name
LEFTOVERS = {LOCK, f"{MARKER}.partial"}  # a killed process may leave them; with only these, a folder counts as empty


class Marker(BaseModel):
    """Content of the marker.

    Attributes
    ----------
    textclf : {"experiment", "bench"}
        The command that made the folder.
    schema_version : int
    experiment : str, optional
        The experiment file, relative to the folder.
    """

    model_config = ConfigDict(frozen=True)

    textclf: Literal["experiment", "bench"]
    schema_version: Literal[1] = 1
    experiment: str | None = None


def marker_of(folder: Path, file: Path) -> Marker:
    """Return the marker for a folder that holds the results of an experiment file."""
    path = Path(os.path.relpath(file.parent.resolve() / file.name, folder.resolve()))
    return Marker(textclf="experiment", experiment=path.as_posix())


def results_folder(out: str | Path) -> Path:
    """Return the path of the folder that the user names.

    Raises
    ------
    OutputError
        If the name is empty.
    """
    if not str(out).strip():
        raise OutputError("--out: the name of the folder is empty; name a folder, or omit --out")
    return user_path(out)


def read_marker(folder: Path) -> Marker:
    """Read the marker of a folder.

    Raises
    ------
    OutputError
        If the folder has no marker (textclf did not make the folder), or if the marker cannot be read.
    """
    path = folder / MARKER
    try:
        return Marker.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise OutputError(
            f"{folder}: is no folder of results, because it has no {MARKER}; name a folder that textclf experiment or "
            "textclf bench has made"
        ) from None
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "damaged, or written by a newer textclf"
        raise OutputError(f"{path}: cannot be read ({reason}); restore it, or choose another folder") from None


def check_folder(folder: Path, marker: Marker) -> None:
    """Check that results may be written to a folder; change nothing.

    Raises
    ------
    OutputError
        If the folder holds anything other than results of the same experiment file.
    """
    try:
        names = set(os.listdir(folder)) - LEFTOVERS
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from None
    if not names:
        return
    if MARKER not in names:
        raise OutputError(
            f"{folder}: is not empty, and textclf has not made it (it has no {MARKER}); choose another --out"
        )
    existing = read_marker(folder)
    if existing.textclf != marker.textclf:
        raise OutputError(f"{folder}: holds the results of textclf {existing.textclf}; choose another --out")
    if existing.experiment and marker.experiment:
        first, second = (folder.resolve() / path for path in (existing.experiment, marker.experiment))
        if first.exists() and not first.samefile(second):  # if it does not exist, the file was moved: continue
            raise OutputError(
                f"{folder}: holds the results of {_shown(first)}, another experiment file than {_shown(second)}; "
                "choose another --out"
            )


@contextmanager
def claim(folder: Path, marker: Marker) -> Iterator[None]:
    """Lock a folder of results and write its marker.

    Raises
    ------
    OutputError
        If the folder holds anything other than results of the same experiment file, cannot be written, or is locked by
        another process.
    """
    check_folder(folder, marker)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(f"{folder}: another process is writing there; wait for it, or choose another --out") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from None
    try:
        check_folder(folder, marker)  # again, because another process may have written to it since
        with replacing(folder / MARKER) as path:
            path.write_text(marker.model_dump_json(indent=1, exclude_none=True) + "\n", encoding="utf-8")
        yield
    finally:
        lock.release()


def command(folder: Path) -> tuple[str, str]:
    """Return the experiment file and the command that makes the results, relative to their common parent folder."""
    path = read_marker(folder).experiment or ""
    up = path.split("/").count("..")
    file, place = "/".join(path.split("/")[up:]), Path(*folder.resolve().parts[-up:] if up else ["."])
    words = ["textclf", "experiment", file]
    if place != Path("results", Path(file).stem):
        words += ["--out", place.as_posix()]
    return file, shlex.join(words)


def _shown(path: Path) -> str:
    path = Path(os.path.normpath(path))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
