"""Files: CSV, TSV, JSONL and Parquet, read with pandas; every error names the file and the line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from textclf.data.examples import Examples
from textclf.errors import DataError

SPLITS = ("train", "validation", "test")
GROUP_COLUMN = "group"
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; ``pair`` None: ``text_pair`` if there is one."""

    text: str = "text"
    label: str = "label"
    pair: str | None = None


def _read_separated(path: Path, separator: str) -> pd.DataFrame:
    _check_utf8(path)
    as_strings: dict[str, Any] = {"dtype": str, "keep_default_na": False, "skip_blank_lines": False}
    try:
        frame = pd.read_csv(path, sep=separator, header=None, encoding="utf-8-sig", **as_strings)
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: empty; the first line names the columns, each further line is a text") from None
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: {reason}; quote a field that holds a separator or a quotation mark") from None
    blank = (frame == "").all(axis=1)
    frame.columns = pd.Index(frame.iloc[0])
    multiline = frame.apply(lambda column: column.str.contains("\n")).to_numpy().any()
    frame.attrs["line"] = "row" if multiline else "line"
    frame.index += 1 - int(multiline)
    return frame[~blank].iloc[1:]


def _read_jsonl(path: Path) -> pd.DataFrame:
    _check_utf8(path)
    rows, lines = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: not JSON ({error.msg}); each line is one object") from None
        if not isinstance(row, dict):
            raise DataError(f'{path}, line {number}: not an object; write one a line, as {{"text": …, "label": …}}')
        rows.append(row)
        lines.append(number)
    frame = pd.DataFrame(rows, index=lines, dtype=object)
    frame.attrs["line"] = "line"
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are these
        raise DataError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}); write it again") from None
    frame.attrs["line"] = "row"
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": lambda path: _read_separated(path, ","),
    ".tsv": lambda path: _read_separated(path, "\t"),
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def _check_utf8(path: Path) -> None:
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}, line {number}: byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8; "
                "save the file as UTF-8"
            ) from None


def read_frame(path: Path) -> pd.DataFrame:
    """The rows of a file; the index says where each stands in it."""
    if not path.exists():
        raise DataError(f"{path}: no such file; check the path, it is relative to {Path.cwd()}")
    if path.suffix not in READERS:
        raise DataError(f"{path}: the ending {path.suffix or '(none)'} is unknown; use one of {', '.join(READERS)}")
    try:
        frame = READERS[path.suffix](path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if frame.empty:
        raise DataError(f"{path}: empty; it needs at least one row with a text and its label")
    return frame


def read_examples(path: Path, columns: Columns) -> Examples:
    """The labelled texts of a file.

    Raises
    ------
    DataError
        Naming the file and the line or the column: what cannot be read, a column that is not there, a missing label.
    """
    return examples_of(read_frame(path), str(path), columns)


def examples_of(frame: pd.DataFrame, source: str, columns: Columns) -> Examples:
    """The labelled texts of a table; ``source`` names it in messages."""
    pair = columns.pair or ("text_pair" if "text_pair" in frame else None)
    for column, option in ((columns.text, "--text-column"), (columns.label, "--label-column"), (pair, "--pair-column")):
        if column is not None and column not in frame:
            found = ", ".join(map(str, frame.columns))
            raise DataError(f'{source}: no column "{column}"; it has: {found}. Name yours with {option}')
    missing = frame[columns.label].isna() | (frame[columns.label].astype(str).str.strip() == "")
    if missing.any():
        where = f"{frame.attrs.get('line', 'row')} {frame.index[int(missing.to_numpy().argmax())]}"
        raise DataError(
            f'{source}, {where}: no label in column "{columns.label}" ({int(missing.sum())} such rows); '
            "label them or leave them out"
        )
    texts = _strings(frame[columns.text])
    empty = sum(not text.strip() for text in texts)
    if empty:
        log.warning("%s: %d empty texts; each is kept, as one unknown token", source, empty)
    return Examples(
        texts,
        [str(label).strip() for label in frame[columns.label]],
        np.arange(len(frame)),
        None if pair is None else _strings(frame[pair]),
        _strings(frame[GROUP_COLUMN]) if GROUP_COLUMN in frame else None,
    )


def _strings(column: pd.Series) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


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
    if path.suffix == ".txt" and path.exists():
        _check_utf8(path)
        return path.read_text(encoding="utf-8-sig").splitlines()
    frame = read_frame(path)
    if text_column not in frame:
        found = ", ".join(map(str, frame.columns))
        raise DataError(f'{path}: no column "{text_column}"; it has: {found}. Name yours with --text-column')
    return _strings(frame[text_column])
