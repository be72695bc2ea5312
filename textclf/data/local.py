"""Local files: from the rows of a file to labelled texts, from a folder to its splits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from textclf.data.examples import Examples
from textclf.data.formats import READERS, read_frame, read_utf8
from textclf.errors import DataError

SPLITS = ("train", "validation", "test")
PAIR_COLUMN, GROUP_COLUMN = "text_pair", "group"  # read where there are such columns
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; ``pair`` None: ``text_pair`` if there is one."""

    text: str = "text"
    label: str = "label"
    pair: str | None = None


def read_examples(path: Path, columns: Columns) -> Examples:
    """The labelled texts of a file.

    Raises
    ------
    DataError
        Naming the file and the line or the column: what cannot be read, a column that is not there, a missing label.
    """
    return examples_of(read_frame(path), str(path), columns)


def examples_of(frame: pd.DataFrame, source: str, columns: Columns) -> Examples:
    """The labelled texts of a table, as `read_frame` returns it; ``source`` names it in messages."""
    texts = _strings(_column(frame, columns.text, source, "--text-column"))
    labels = _labels(_column(frame, columns.label, source, "--label-column"), source)
    pair = columns.pair or (PAIR_COLUMN if PAIR_COLUMN in frame else None)
    pairs = None if pair is None else _strings(_column(frame, pair, source, "--pair-column"))
    groups = _strings(frame[GROUP_COLUMN]) if GROUP_COLUMN in frame else None
    empty = sum(not text.strip() for text in texts)
    if empty:
        log.warning("%s: %d empty texts; each is kept, as one unknown token", source, empty)
    return Examples(texts, labels, np.arange(len(frame)), pairs, groups)


def _column(frame: pd.DataFrame, name: str, source: str, option: str) -> pd.Series:
    found = list(map(str, frame.columns))
    if found.count(name) > 1:
        raise DataError(f'{source}: {found.count(name)} columns are called "{name}"; rename all but one')
    if name not in found:
        raise DataError(f'{source}: no column "{name}"; it has: {", ".join(found)}. Name yours with {option}')
    return frame[name]


def _strings(column: pd.Series) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


def _labels(column: pd.Series, source: str) -> list[str]:
    labels = [label.strip() for label in _strings(column)]
    missing = [where for where, label in zip(column.index, labels, strict=True) if not label]
    if missing:
        raise DataError(
            f'{source}, {column.index.name} {missing[0]}: no label in column "{column.name}" '
            f"({len(missing)} such rows); label them or leave them out"
        )
    return labels


def read_folder(folder: Path, columns: Columns) -> dict[str, Examples]:
    """The splits of a folder that holds ``all``, or ``train`` and ``test`` and perhaps ``validation``."""
    found = {name: _only_file(folder, name) for name in ("all", *SPLITS)}
    splits = {name: path for name, path in found.items() if path is not None}
    if "all" in splits:
        splits = {"all": splits["all"]}
    elif not {"train", "test"} <= splits.keys():
        has = ", ".join(splits) or "none of them"
        raise DataError(f"{folder}: needs all, or train and test, as one of {', '.join(READERS)}; it has {has}")
    return {name: read_examples(path, columns) for name, path in splits.items()}


def _only_file(folder: Path, name: str) -> Path | None:
    files = [path for suffix in READERS if (path := folder / f"{name}{suffix}").exists()]
    if len(files) > 1:
        raise DataError(f"{folder}: {files[0].name} and {files[1].name} are both there; keep one")
    return files[0] if files else None


def read_texts(path: str | Path, text_column: str = "text") -> list[str]:
    """Texts to classify: a column of a file, or the lines of a ``.txt`` file."""
    path = Path(path)
    if path.suffix.lower() == ".txt" and path.is_file():
        lines = read_utf8(path).removesuffix("\n").split("\n")  # not splitlines, which also cuts at U+2028 and others
        if lines == [""]:
            raise DataError(f"{path}: empty; each line is a text")
        return [line.removesuffix("\r") for line in lines]
    return _strings(_column(read_frame(path), text_column, str(path), "--text-column"))
