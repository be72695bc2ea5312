"""Local files: read the examples of a file, and the splits of a folder."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from textclf.data.examples import Examples
from textclf.data.files import DETECTED, SUFFIXES, FileOptions, lines_of, read_text, source_of
from textclf.data.formats import read_frame
from textclf.errors import ConfigurationError, DataError, Problem
from textclf.escape import HALF_CHARACTERS

SPLITS = ("train", "validation", "test")
NOT_READ = ("dev", "val", "valid")  # other names of the validation split
PAIR_COLUMN, GROUP_COLUMN = "text_pair", "group"  # read if the file has such columns
NOT_STRINGS: dict[type, str] = {list: "a list", np.ndarray: "a list", dict: "an object", bytes: "bytes"}
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class ColumnNames:
    """The names of the columns.

    Attributes
    ----------
    text : tuple of str
        The texts of several columns are joined by a space.
    label : str, optional
        None if the texts have no labels.
    pair : str, optional
        None means ``text_pair``, if there is such a column.

    Raises
    ------
    ConfigurationError
        If one column is named for two purposes.
    """

    text: tuple[str, ...]
    label: str | None
    pair: str | None

    def __post_init__(self) -> None:
        used: dict[str, str] = {}
        named = [("text_column", name) for name in self.text]
        for key, name in (*named, ("label_column", self.label), ("pair_column", self.pair)):
            if name in used:
                raise ConfigurationError(Problem(key, f'"{name}" is already used as {used[name]}; name another column'))
            if name is not None:
                used[name] = key

    def free(self, name: str, frame: pd.DataFrame) -> str | None:
        """Return ``name`` if the table has such a column and it has no other purpose; else None."""
        return name if name in frame and name not in {*self.text, self.label, self.pair} else None


def read_examples(path: Path, columns: ColumnNames, options: FileOptions = DETECTED) -> Examples:
    """Read the labelled texts of a file.

    Raises
    ------
    DataError
        If the file cannot be read, a column does not exist or a label is missing; the message names file and line.
    """
    return examples_of_frame(read_frame(path, options), source_of(path), columns)


def examples_of_frame(frame: pd.DataFrame, source: str, columns: ColumnNames) -> Examples:
    """Return the labelled texts of a table from `read_frame`; ``source`` is its name in messages."""
    pair = columns.free(PAIR_COLUMN, frame) if columns.pair is None else columns.pair
    group = None if columns.label is None else columns.free(GROUP_COLUMN, frame)  # prediction needs no groups
    flags = dict.fromkeys(columns.text, "--text-column") | {columns.label: "--label-column", pair: "--pair-column"}
    names = [name for name in (*flags, group) if name is not None]
    values = {name: _strings(frame, name, source, flags.get(name, "")) for name in names}
    if count := sum("".join(column).count("\0") for column in values.values()):  # JSON may hold \u0000
        log.warning("%s: %d NUL characters removed", source, count)
        values = {name: [value.replace("\0", "") for value in column] for name, column in values.items()}
    texts = [" ".join(parts) for parts in zip(*(values[name] for name in columns.text), strict=True)]
    labels = None if columns.label is None else _labels(values[columns.label], columns.label, frame.index, source)
    empty = sum(not text.strip() for text in texts)
    if empty == len(texts) and labels is not None:
        raise DataError(
            f'{source}: no text in column "{columns.text[0]}", all {empty} rows are empty; name another column, or, '
            "if formulas compute the texts, save their values"
        )
    if empty:
        log.warning("%s: %d empty texts; each is kept as one unknown token", source, empty)
    pairs = None if pair is None else values[pair]
    groups = None if group is None else _labels(values[group], group, frame.index, source, "group")
    return Examples(texts, labels, np.arange(len(frame)), pairs, groups)


def _strings(frame: pd.DataFrame, name: str, source: str, flag: str) -> list[str]:
    """Return a column as strings; a missing value becomes an empty string."""
    columns = list(map(str, frame.columns))
    if columns.count(name) > 1:
        raise DataError(f'{source}: {columns.count(name)} columns are called "{name}"; rename all but one')
    if name not in columns:
        more = ", or give the separator with --delimiter" if len(columns) == 1 and frame.index.name == "line" else ""
        key = flag.removeprefix("--").replace("-", "_")
        way_out = f"Name yours with {flag}, or with {key} in an experiment file{more}"
        raise DataError(f'{source}: no column "{name}"; it has: {", ".join(columns)}. {way_out}')
    values = frame[name].tolist()
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    for where, value in zip(frame.index, values, strict=True) if kinds & NOT_STRINGS.keys() else ():
        if type(value) in NOT_STRINGS:
            kind = NOT_STRINGS[type(value)]
            raise DataError(f'{source}, {frame.index.name} {where}: "{name}" is {kind}; write it as a string')
    return ["" if missing else str(value) for value, missing in zip(values, frame[name].isna(), strict=True)]


def _labels(values: list[str], name: str, index: pd.Index, source: str, what: str = "label") -> list[str]:
    """Return labels without surrounding spaces; refuse a missing label."""
    labels = [label.strip() for label in values]
    missing = [where for where, label in zip(index, labels, strict=True) if not label]
    if missing:
        raise DataError(
            f'{source}, {index.name} {missing[0]}: no {what} in column "{name}" '
            f"({len(missing)} such rows); add the {what}, leave the rows out, or name another column"
        )
    for where, label in zip(index, labels, strict=True):
        if HALF_CHARACTERS.search(label):
            raise DataError(
                f'{source}, {index.name} {where}: the {what} in column "{name}" holds half a character '
                f"({label!a}); write it again"
            )
    return labels


def read_folder(folder: Path, columns: ColumnNames, options: FileOptions = DETECTED) -> dict[str, Examples]:
    """Read the splits of a folder that holds ``all``, or ``train`` and ``test`` and optionally ``validation``."""
    files = {name: _only_file(folder, name) for name in ("all", *SPLITS)}
    splits = {name: path for name, path in files.items() if path is not None}
    has = ", ".join(path.name for path in splits.values())
    if "all" in splits and len(splits) > 1:
        raise DataError(f"{folder}: has {has}; keep either all, which textclf splits, or the splits")
    if "all" not in splits and not {"train", "test"} <= splits.keys():
        raise DataError(
            f"{folder}: needs all, or train and test, as one of {', '.join(SUFFIXES)}; it has {has or 'none of them'}"
        )
    for path in filter(None, (_only_file(folder, name) for name in NOT_READ)):
        log.warning("%s: not read; the split for validation is called validation", path)
    return {name: read_examples(path, columns, options) for name, path in splits.items()}


def _only_file(folder: Path, name: str) -> Path | None:
    files = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").exists()]
    if len(files) > 1:
        raise DataError(f"{folder}: {files[0].name} and {files[1].name} are both there; keep one")
    return files[0] if files else None


def read_unlabelled(path: Path, columns: ColumnNames, options: FileOptions = DETECTED) -> Examples:
    """Read texts to classify: the rows of a file, or the lines of a ``.txt`` file."""
    if not (path.name.lower().endswith((".txt", ".txt.gz")) and path.is_file()):
        return read_examples(path, columns, options)
    if options.delimiter is not None:
        raise ConfigurationError(
            Problem("delimiter", f"{options.delimiter!r}, but each line of {path} is a text; leave it out")
        )
    file = read_text(path, options.encoding)
    if file.remarks:
        log.warning("%s: read %s", file.source, ", ".join(file.remarks))
    lines = lines_of(file.text)
    if lines == [""]:
        raise DataError(f"{path}: empty; each line is a text")
    return Examples.of(lines if lines[-1] else lines[:-1])
