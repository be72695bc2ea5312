"""File formats: CSV, TSV, JSONL and Parquet to rows that know their line; every error names the file and the line."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from textclf.errors import DataError


def read_frame(path: Path) -> pd.DataFrame:
    """The rows of a file.

    Returns
    -------
    pandas.DataFrame
        Its index says where each row stands in the file, and the index's name what that counts: ``line`` or ``row``.

    Raises
    ------
    DataError
        If the file is not there, is empty or damaged, or is of an unknown format.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file; check the path, it is relative to {Path.cwd()}")
    if not path.is_file():  # a pipe or a device may have no end
        raise DataError(f"{path}: cannot be read (a pipe, a device or a folder); give a file")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: the ending {path.suffix or '(none)'} is unknown; use one of {', '.join(READERS)}")
    frame = reader(path)
    if frame.empty:
        raise DataError(f"{path}: empty; it needs at least one row with a text and its label")
    return frame


def read_utf8(path: Path) -> str:
    """A text file whole; `DataError` with the line of the first byte that is not UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = error.start + len(content) - len(error.object)  # utf-8-sig does not count a byte order mark
        line, column = content.count(b"\n", 0, wrong) + 1, wrong - content.rfind(b"\n", 0, wrong)
        raise DataError(
            f"{path}, line {line}: byte {column} (0x{content[wrong]:02x}) is not UTF-8; save the file as UTF-8"
        ) from None


def _read_separated(path: Path, separator: str) -> pd.DataFrame:
    # Not pandas.read_csv: it fills a line that is too short with empty fields, and says nothing.
    csv.field_size_limit(sys.maxsize)  # a text may have a million words
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                raise DataError(
                    f"{path}, line {line}: expected {len(rows[0])} fields, as on the first line, found {len(row)}; "
                    "quote a field that holds a separator or a line break"
                )
            if row:  # not a blank line
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1  # where the next row starts: one row may span lines
    except csv.Error as error:
        raise DataError(
            f"{path}, line {line}: {error}; quote a field that holds a quotation mark, and double the mark"
        ) from None
    if not rows:
        raise DataError(f"{path}: empty; the first line names the columns, each further line is a text")
    return pd.DataFrame(rows[1:], columns=rows[0], index=pd.Index(lines[1:], name="line"), dtype=object)


def _read_jsonl(path: Path) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(read_utf8(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            raise DataError(f"{path}, line {number}: not JSON ({reason}); each line is one object") from None
        if not isinstance(row, dict):
            raise DataError(f'{path}, line {number}: not an object; write one a line, as {{"text": …, "label": …}}')
        rows.append(row)
        lines.append(number)
    return pd.DataFrame(rows, index=pd.Index(lines, name="line"), dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:  # pyarrow's errors are these
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable Parquet file ({reason}); write it again") from None
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": lambda path: _read_separated(path, ","),
    ".tsv": lambda path: _read_separated(path, "\t"),
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
