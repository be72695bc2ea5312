"""Comma-, semicolon- and tab-separated values; separator and quoting are detected. Errors name the line."""

from __future__ import annotations

import csv
import io
import re
import sys
from contextlib import suppress
from itertools import islice
from typing import Literal

import pandas as pd

from textclf.data.files import TextFile
from textclf.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
SAMPLE_RECORDS = 10
SEPARATOR_LINE = re.compile('"?sep=([^\r\n])"?[,;\t]*[\r\n]')  # Excel's own first line
WAY_OUT = "or name the separator with --delimiter, the encoding with --encoding"
Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE
Rows = tuple[list[int], list[list[str]]]


def read_separated(file: TextFile, separator: str | None) -> pd.DataFrame:
    """Read the rows of a file whose first record names the columns; the index holds their line numbers.

    Fields are quoted as in Excel (``"`` around, ``""`` inside). If that fails, ``\\"`` inside is tried. If that
    fails too, and if tabs separate the fields and no field is enclosed in quotation marks, the marks are plain
    characters.

    Parameters
    ----------
    file : TextFile
        Receives a remark for each unusual format that is detected.
    separator : str, optional
        By default comma, semicolon or tab: the one that splits the first records into the same number of fields; if
        several do, the one with the most fields.

    Raises
    ------
    DataError
        If the file is empty, or if a line has another number of fields than the first line, repeats the first line, or
        has wrong quotation marks.
    """
    # Not pandas.read_csv: it fills a short line with empty fields without an error.
    csv.field_size_limit(sys.maxsize)  # a text may have a million words
    text = file.text
    named = SEPARATOR_LINE.match(text)
    if named is not None:
        separator, text = separator or named[1], text[named.end(1) :].lstrip('";,\t')  # leaves a blank line
    if separator is None:
        separator = _detect_separator(text)
        if separator != ",":
            file.remarks.append(f"separated by {SEPARATORS[separator]}")
    lines, rows = _read_quoted(file, text, separator)
    if not rows:
        raise DataError(f"{file.source}: empty; the first line names the columns, each further line is a text")
    index = pd.Index(lines[1:], name="line")
    return pd.DataFrame(rows[1:], columns=[name.strip() for name in rows[0]], index=index, dtype=object)


def _detect_separator(text: str) -> str:
    lines = io.StringIO(text, newline="")

    def fit(separator: str) -> tuple[bool, int]:
        """Return whether all records have the same number of fields, more than one; and this number."""
        lines.seek(0)
        sample = (row for row in csv.reader(lines, delimiter=separator) if row)
        counts = [len(row) for row in islice(sample, SAMPLE_RECORDS)]
        return len(set(counts)) == 1 and counts[0] > 1, counts[0] if counts else 0

    return max(SEPARATORS, key=fit)


def _read_quoted(file: TextFile, text: str, separator: str) -> Rows:
    try:
        return _parse(file.source, text, separator)
    except DataError as standard:
        with suppress(DataError):
            escaped = re.sub(r"\\([\\\"])", lambda mark: '""' if mark[1] == '"' else mark[1], text)
            result = _parse(file.source, escaped, separator)
            file.remarks.append('with \\" for a quotation mark')
            return result
        with suppress(DataError):
            result = _parse(file.source, text, separator, quoting=csv.QUOTE_NONE)
            if separator == "\t" and not any(_is_enclosed(field) for row in result[1] for field in row):
                file.remarks.append("with quotation marks as plain characters")
                return result
        raise standard


def _is_enclosed(field: str) -> bool:
    return len(field) > 1 and field.startswith('"') and field.endswith('"')


def _parse(source: str, text: str, separator: str, quoting: Quoting = csv.QUOTE_MINIMAL) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, quoting=quoting)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                raise DataError(
                    f"{source}, line {line}: expected {_fields(len(rows[0]), separator)}, as on the first line, found "
                    f"{len(row)}; quote a field that holds a separator or a line break, {WAY_OUT}"
                )
            if rows and row == rows[0] and len(row) > 1:
                raise DataError(
                    f"{source}, line {line}: the same as the first line, which names the columns; remove the line"
                )
            if row:  # not a blank line
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1  # the start of the next row; one row may span several lines
    except csv.Error:
        raise DataError(
            f"{source}, line {line}: a quotation mark is not closed, or text follows a closed one; quote a field that "
            f"holds a quotation mark, and double the mark, {WAY_OUT}"
        ) from None
    return lines, rows


def _fields(count: int, separator: str) -> str:
    return f"{count} field{'' if count == 1 else 's'} separated by {SEPARATORS.get(separator, repr(separator))}"
