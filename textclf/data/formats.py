"""File formats: read CSV, TSV, JSON, JSONL, Excel and Parquet into tables indexed by line or row."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from textclf.data.files import (
    DETECTED,
    STANDARD_INPUT,
    SUFFIXES,
    FileOptions,
    TextFile,
    lines_of,
    read_text,
    source_of,
    suffix_of,
)
from textclf.data.separated import read_separated
from textclf.errors import ConfigurationError, DataError, Problem, install
from textclf.escape import HALF_CHARACTERS

log = logging.getLogger("textclf")


def read_frame(path: Path, options: FileOptions = DETECTED) -> pd.DataFrame:
    """Read the rows of a file, or of standard input for the path ``-``, which may hold CSV, JSON or JSONL.

    If the encoding, the separator or the quoting that is detected is not the usual one (UTF-8, commas, quotation marks
    as in Excel), a warning names it.

    Returns
    -------
    pandas.DataFrame
        The index holds the number of each row's first line, or of the row itself; it is named ``line`` or ``row``.

    Raises
    ------
    ConfigurationError
        If the options do not apply to the format.
    DataError
        If the file does not exist, is empty or damaged, or has an unknown format.
    """
    source, suffix = source_of(path), suffix_of(path.name)
    if str(path) == STANDARD_INPUT:
        suffix = STANDARD_INPUT
    elif not os.path.exists(path):  # Path.exists raises an error if a name is too long
        raise DataError(f"{path}: no such file; check the path, which is relative to {Path.cwd()}")
    elif not path.is_file():  # a pipe or a device may have no end
        raise DataError(f"{path}: cannot be read (a pipe, a device or a folder); give a file")
    elif suffix is None:
        raise DataError(f"{path}: the suffix {path.suffix or '(none)'} is unknown; use one of {', '.join(SUFFIXES)}")
    if suffix in {".parquet", ".xlsx"}:
        _refuse({"delimiter": options.delimiter, "encoding": options.encoding}, source)
        frame = _read_parquet(path) if suffix == ".parquet" else _read_excel(path)
    else:
        file = read_text(path, options.encoding)
        frame = _read_text_format(file, suffix.removesuffix(".gz"), options)
        if file.remarks:
            log.warning("%s: read %s", source, ", ".join(file.remarks))
    if frame.empty:
        raise DataError(f"{source}: empty; it needs at least one row with a text and its label")
    return frame


def _read_text_format(file: TextFile, suffix: str, options: FileOptions) -> pd.DataFrame:
    first = file.text.lstrip()[:1]
    if suffix in {".csv", ".tsv"} or (suffix == STANDARD_INPUT and first not in {"[", "{"}):
        return read_separated(file, options.separator or ("\t" if suffix == ".tsv" else None))
    _refuse({"delimiter": options.delimiter}, file.source)
    return _read_json_array(file) if first == "[" else _read_json_lines(file)


def _refuse(options: dict[str, str | None], source: str) -> None:
    """Raise `ConfigurationError` if one of ``options``, which do not apply to the format, is set."""
    problems = [
        Problem(key, f"{value!r}, but the format of {source} has none; leave it out")
        for key, value in options.items()
        if value is not None
    ]
    if problems:
        raise ConfigurationError(problems)


def _read_json_lines(file: TextFile) -> pd.DataFrame:
    numbered = [(number, line) for number, line in enumerate(lines_of(file.text), start=1) if line.strip()]
    if not numbered:
        raise DataError(f"{file.source}: empty; write one object a line")
    values = (
        _json(line, file.source, number, 'write one object a line, or [{"text": …}, …]') for number, line in numbered
    )
    return _frame_of_objects(values, file.source, pd.Index([number for number, _ in numbered], name="line"))


def _read_json_array(file: TextFile) -> pd.DataFrame:
    values = _json(file.text, file.source, 1, 'write [{"text": …, "label": …}, …]')
    return _frame_of_objects(values, file.source, pd.RangeIndex(1, len(values) + 1, name="row"))


def _json(text: str, source: str, line: int, expected: str) -> Any:
    try:
        return JSON.decode(text)
    except (ValueError, RecursionError) as error:
        line += getattr(error, "lineno", 1) - 1
        reason = getattr(error, "msg", str(error)) if isinstance(error, ValueError) else "nested too deeply"
        raise DataError(f"{source}, line {line}: not JSON ({reason}); {expected}") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("an object has one key twice")
    if any(map(HALF_CHARACTERS.search, unique)):
        raise ValueError("a key holds half a character")
    return unique


JSON = json.JSONDecoder(object_pairs_hook=_unique_keys)


def _frame_of_objects(values: Iterable[Any], source: str, index: pd.Index) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for where, value in zip(index, values, strict=True):
        if not isinstance(value, dict):
            raise DataError(f'{source}, {index.name} {where}: not an object; write each as {{"text": …, "label": …}}')
        rows.append(value)
    return pd.DataFrame(rows, index=index, dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:  # the errors of pyarrow
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable Parquet file ({reason}); write it again") from None
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame


def _read_excel(path: Path) -> pd.DataFrame:
    """Read the first sheet; its first non-empty row holds the names of the columns."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DataError(f"{path}: needs the package openpyxl, which is not installed; {install('excel')}") from None
    try:
        with warnings.catch_warnings(), path.open("rb") as content:
            warnings.simplefilter("ignore")  # they concern styles and input checks, which are not read
            book = load_workbook(content, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong dimensions
            rows = list(enumerate(sheet.iter_rows(values_only=True), start=1))
    except Exception as error:  # openpyxl raises many types of errors for a damaged file
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path}: not a readable Excel file ({reason}); save it again as .xlsx or .csv") from None
    if len(book.worksheets) > 1:
        log.warning('%s: read the first sheet, "%s", of %d', path, sheet.title, len(book.worksheets))
    filled = [(number, row) for number, row in rows if any(value is not None for value in row)]
    width = max((column + 1 for _, row in filled for column, value in enumerate(row) if value is not None), default=0)
    cells = [[_cell(value) for value in (*row, *[None] * width)[:width]] for _, row in filled]
    index = pd.Index([number for number, _ in filled[1:]], name="row")
    header = [name.strip() for name in cells[0]] if cells else []
    return pd.DataFrame(cells[1:], columns=header, index=index, dtype=object)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel stores 5 as 5.0 and shows 5
    return "" if value is None else str(value)
