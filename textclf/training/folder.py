"""A saved model's folder: written as a whole, and checked as a whole when it is read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textclf.errors import ModelFolderError, OutputError, TextclfError

DESCRIPTION, WEIGHTS, TOKENIZER = FILES = ("model.json", "model.safetensors", "tokenizer.json")
FORMAT = 3
UNFINISHED, NEW = ".unfinished", ".new"  # inside the folder: being written; complete, being moved into place


def check_free(folder: Path) -> None:
    """Check that a model may be saved to ``folder``: it is new, empty, or holds a saved model.

    Raises
    ------
    OutputError
        If it is not a folder, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; choose a folder for the model")
    if not folder.exists() or {path.name for path in folder.iterdir()} <= {UNFINISHED}:
        return
    try:
        _description(folder)
    except ModelFolderError:
        raise OutputError(
            f"{folder}: is not empty and holds no saved model; nothing there is touched: choose another folder"
        ) from None


def write_folder(folder: Path, description: dict[str, Any], write: Callable[[Path], None]) -> None:
    """Save a model so that, whenever this ends, the folder holds all of the old model or all of the new one.

    The files are written to a folder inside, which is renamed to `NEW` when it is complete. From then on `read_folder`
    takes files from there first, so it does not matter when they are moved into place.

    Parameters
    ----------
    folder : Path
    description : dict
        JSON values; the checksum is added.
    write : callable
        Writes `WEIGHTS` and `TOKENIZER` into the folder that it is given.

    Raises
    ------
    OutputError
        If something else is in the folder, or it cannot be written.
    """
    check_free(folder)
    unfinished = folder / UNFINISHED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _move_in(folder)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        write(unfinished)
        described = {"format": FORMAT} | description
        described["sha256"] = _checksum(described, unfinished / WEIGHTS, unfinished / TOKENIZER)
        (unfinished / DESCRIPTION).write_text(json.dumps(described, indent=1), encoding="utf-8")
        for name in FILES:
            _sync(unfinished / name)
        unfinished.rename(folder / NEW)
        _move_in(folder)
    except TextclfError:
        raise
    except Exception as error:  # the libraries in Rust raise classes of their own, and Exception itself
        raise OutputError(
            f"{folder}: the model cannot be saved ({error}); make room there, or choose another folder"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def read_folder(folder: Path) -> tuple[dict[str, Any], Path, Path]:
    """The description of a saved model, the file of its weights and that of its tokenizer.

    Raises
    ------
    ModelFolderError
        If a file is missing, damaged, of another format or of another model.
    """
    for name in FILES:
        if not _place(folder, name).is_file():
            raise ModelFolderError(f"{folder / name}: missing; a saved model has it, so save the model again")
    description = _description(folder)
    if description["format"] != FORMAT:
        raise ModelFolderError(
            f"{folder}: saved in format {description['format']}, this version reads {FORMAT}; train it again"
        )
    weights, tokenizer = _place(folder, WEIGHTS), _place(folder, TOKENIZER)
    checksum = description.pop("sha256", None)
    try:
        whole = checksum == _checksum(description, weights, tokenizer)
    except (OSError, RecursionError) as error:
        raise ModelFolderError(f"{folder}: cannot be read ({error}); save the model again") from None
    if not whole:
        raise ModelFolderError(
            f"{folder}: {', '.join(FILES)} do not belong together, or one of them is damaged; save the model again"
        )
    return description, weights, tokenizer


def checked_classes(classes: Any) -> list[str]:
    """``classes`` from a description; `ValueError` unless they are at least two different strings."""
    if not isinstance(classes, list) or not all(isinstance(label, str) for label in classes):
        raise ValueError("its classes are not a list of strings")
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise ValueError("its classes are not at least two different ones")
    return classes


def check_arrays(arrays: dict[str, np.ndarray], types: dict[str, np.dtype]) -> None:
    """Raise `ValueError` unless each array is finite and of its type in ``types``, or else of 64 bits."""
    for name, array in arrays.items():
        expected = [types[name]] if name in types else [np.dtype("float64"), np.dtype("int64")]
        if array.dtype not in expected:
            raise ValueError(f"{name} is {array.dtype}, not {expected[0]}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are not finite")


def _place(folder: Path, name: str) -> Path:
    new = folder / NEW / name
    return new if new.is_file() else folder / name


def _move_in(folder: Path) -> None:
    """Move the files of a complete new model into place; an earlier save may have been killed before it did so."""
    if (folder / NEW).is_dir():
        for name in FILES:
            if (folder / NEW / name).is_file():
                (folder / NEW / name).replace(folder / name)
        (folder / NEW).rmdir()


def _description(folder: Path) -> dict[str, Any]:
    path = _place(folder, DESCRIPTION)
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if not {"format", "config", "classes"} <= description.keys():
            raise ValueError("it describes no model")
        return description
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelFolderError(f"{folder / DESCRIPTION}: damaged ({reason}); save the model again") from None


def _checksum(description: dict[str, Any], *files: Path) -> str:
    """A hash of everything that the folder says."""
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
