"""The folder of a saved model: all of its files are written together, and checked together when they are read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from textclf.errors import ConfigurationError, ModelFolderError, OutputError, TextclfError
from textclf.plugins import check_loaded

DESCRIPTION, WEIGHTS, TOKENIZER = FILES = ("model.json", "model.safetensors", "tokenizer.json")
FORMAT = 4
# Folders inside the model's folder: a model that is being written, and a complete one whose files are being moved out.
UNFINISHED, NEW = ".textclf-unfinished", ".textclf-new"


def check_free(folder: Path) -> None:
    """Check that a model may be saved to ``folder``: it is new, empty, or holds a saved model.

    Raises
    ------
    OutputError
        If it is not a folder, cannot be read, or holds something else.
    """
    if folder.is_symlink() and not folder.exists():
        raise OutputError(f"{folder}: is a link to a folder that does not exist; create it, or choose another folder")
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except NotADirectoryError:
        raise OutputError(f"{folder}: is a file; choose a folder for the model") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from None
    try:
        if not names <= {UNFINISHED}:
            _description(folder)
    except ModelFolderError:
        raise OutputError(f"{folder}: is not empty and holds no saved model; choose another folder") from None


def write_folder(
    folder: Path, description: dict[str, Any], arrays: dict[str, np.ndarray], save_tokenizer: Callable[[Path], None]
) -> None:
    """Save a model; if the process is killed, the folder holds all of the old model or all of the new one.

    The files are written to a folder inside ``folder``, which is renamed to `NEW` when it is complete. From then on
    `read_folder` reads files from there first, so it does not matter when they are moved into place.

    Parameters
    ----------
    folder : Path
    description : dict
        JSON values, among them ``config`` and ``classes``; format and checksum are added.
    arrays : dict of np.ndarray
    save_tokenizer : callable
        Writes the tokenizer to a path.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    check_free(folder)
    unfinished = folder / UNFINISHED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _move_in(folder)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, unfinished / WEIGHTS)
        save_tokenizer(unfinished / TOKENIZER)
        described = {"format": FORMAT} | description
        described["sha256"] = _checksum(described, unfinished / WEIGHTS, unfinished / TOKENIZER)
        (unfinished / DESCRIPTION).write_text(json.dumps(described, indent=1), encoding="utf-8")
        for name in FILES:
            _sync(unfinished / name)
        unfinished.rename(folder / NEW)
        _move_in(folder)
    except TextclfError:
        raise
    except Exception as error:  # libraries in Rust raise their own classes, and Exception itself
        raise OutputError(
            f"{folder}: the model cannot be saved ({error}); make room there, or choose another folder"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray], Path]:
    """Return the description of a saved model, its arrays (all finite) and the path of its tokenizer.

    Raises
    ------
    ModelFolderError
        If a file is missing, damaged, of another format or of another model, or if a plug-in that the model needs is
        not loaded: reading a model never imports a plug-in.
    """
    if not os.path.isdir(folder):
        raise ModelFolderError(f"{folder}: missing, or not a folder; give one that textclf run --save wrote")
    for name in FILES:
        if not _place(folder, name).is_file():
            raise ModelFolderError(f"{folder / name}: missing; save the model again")
    description = _description(folder)
    if description["format"] != FORMAT:
        raise ModelFolderError(
            f"{folder}: saved in format {description['format']}, this version reads {FORMAT}; train it again"
        )
    weights, tokenizer = _place(folder, WEIGHTS), _place(folder, TOKENIZER)
    checksum = description.pop("sha256", None)
    try:
        intact = checksum == _checksum(description, weights, tokenizer)
    except (OSError, RecursionError) as error:
        raise ModelFolderError(f"{folder}: cannot be read ({error}); save the model again") from None
    if not intact:
        raise ModelFolderError(
            f"{folder}: {', '.join(FILES)} do not belong together, or one of them is damaged; save the model again"
        )
    _check_plugins(folder, description.get("plugins", {}))
    try:
        arrays = load_file(weights)
    except (SafetensorError, KeyError, TypeError, OSError) as error:  # KeyError, TypeError: numpy lacks a number type
        raise ModelFolderError(f"{folder / WEIGHTS}: damaged ({error}); save the model again") from None
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFolderError(f"{folder / WEIGHTS}: {name} holds numbers that are not finite; train it again")
    return description, arrays, tokenizer


def _check_plugins(folder: Path, recorded: Any) -> None:
    if not isinstance(recorded, dict) or not all(isinstance(sha256, str) for sha256 in recorded.values()):
        raise ModelFolderError(f"{folder / DESCRIPTION}: damaged (the list of plug-ins); save the model again")
    try:
        check_loaded(recorded, str(folder))
    except ConfigurationError as error:
        raise ModelFolderError(str(error)) from None


def check_types(arrays: dict[str, np.ndarray], types: dict[str, np.dtype]) -> None:
    """Raise `ValueError` where an array is not of its type in ``types``: torch would convert it silently."""
    for name, array in arrays.items():
        if name in types and array.dtype != types[name]:
            raise ValueError(f"{name} is {array.dtype}, not {types[name]}")


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
            raise ValueError("it does not describe a model")
        _check_classes(description["classes"])
        return description
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelFolderError(f"{folder / DESCRIPTION}: damaged ({reason}); save the model again") from None


def _check_classes(classes: Any) -> None:
    if not isinstance(classes, list) or not all(isinstance(label, str) for label in classes):
        raise ValueError("its classes are not a list of strings")
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise ValueError("it has fewer than two classes, or equal classes")


def _checksum(description: dict[str, Any], *files: Path) -> str:
    """Return a hash of the description and the files."""
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
