"""Convert the texts and labels of a Python caller (lists, arrays, Series) to examples and classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from textclf.data.examples import Examples
from textclf.errors import DataError

LABEL_TYPES: dict[str, Callable[[str], Any]] = {  # from the string of a label back to the label
    "str": str,
    "int": int,
    "bool": lambda label: label == "True",
    "float": float,
}


def examples_of(texts: Any) -> Examples:
    """Return examples without labels from a list, tuple, array or Series of texts (str) or of pairs ``(str, str)``.

    Raises
    ------
    DataError
        If ``texts`` has another type, is empty, or holds items of another type, or both texts and pairs.
    """
    rows = _column("texts", texts)
    if not rows:
        raise DataError("no texts; give at least one")
    size = 2 if isinstance(rows[0], tuple) else 1
    columns: list[list[str]] = [[] for _ in range(size)]
    for number, text in enumerate(rows):
        parts = text if isinstance(text, tuple) else (text,)
        if isinstance(text, tuple) and len(text) != 2:
            raise DataError(f"text {number}: a tuple of {len(text)}; a pair is a tuple of 2 texts")
        if len(parts) != size:
            raise DataError(f"text {number}: expected {'a pair' if size == 2 else 'one text'}, like text 0")
        for column, part in zip(columns, parts, strict=True):
            if not isinstance(part, str):
                way_out = ", and a pair as a tuple" if isinstance(part, list | np.ndarray) else ", or leave the row out"
                what = f"missing ({part})" if _missing(part) else f"of type {type(part).__name__}, not a string"
                raise DataError(f"text {number} is {what}; give a string{way_out}")
            column.append(str(part))
    return Examples(columns[0], None, np.arange(len(rows)), columns[1] if size == 2 else None)


def labels_of(labels: Any, count: int) -> tuple[np.ndarray, list[str]]:
    """Return the sorted classes, and the label of each of ``count`` texts as a string.

    Raises
    ------
    DataError
        If a label is missing, there are not ``count`` labels, all labels are equal, a numpy array cannot hold them, or
        they are not all str, all int, all float or all bool.
    """
    values = [_plain(label) for label in _column("labels", labels)]
    if len(values) != count:
        raise DataError(f"fit: {count} texts but {len(values)} labels; give one label for each text")
    for row, label in enumerate(values):
        if _missing(label):
            raise DataError(f"fit: text {row} has no label ({label}); label it or leave it out")
        if type(label).__name__ not in LABEL_TYPES:
            raise DataError(
                f"fit: label {row} is of type {type(label).__name__}; give str, int, float or bool, as with str(label)"
            )
    kinds = sorted({type(label).__name__ for label in values})
    if len(kinds) > 1:
        raise DataError(f"fit: labels are of several types ({', '.join(kinds)}); convert them, as with str(label)")
    unique = sorted(set(values))
    if len(unique) < 2:
        raise DataError(f"fit: one class only ({unique}); a classifier needs at least two")
    classes = np.array(unique)
    values_back = classes.tolist()
    if values_back != unique or type(values_back[0]) is not type(
        unique[0]
    ):  # as with a NUL at the end, or with integers beyond 64 bits
        raise DataError(f"fit: a numpy array cannot hold these labels as they are ({unique[:3]}); rename them")
    names = {label: str(label) for label in unique}  # equal labels, such as 0.0 and -0.0, have one name
    return classes, [names[label] for label in values]


def _column(what: str, values: Any) -> list[Any]:
    """Return the values as a list; refuse types without an order, or with more than one dimension."""
    if isinstance(values, list | tuple | pd.Series | pd.api.extensions.ExtensionArray):
        return list(values)
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return list(values)
    if isinstance(values, pd.DataFrame):
        columns = ", ".join(map(str, values.columns))
        raise DataError(f"{what}: a DataFrame (columns: {columns}); give one column, as in frame[name]")
    received = f"array of shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
    pairs = ", and a pair as a tuple" if what == "texts" else ""
    raise DataError(
        f"{what}: got {received}; give a list of {what} (or a tuple, a one-dimensional array, a Series){pairs}"
    )


def _plain(label: Any) -> Any:
    """Return the Python value of a numpy scalar; dates stay as they are, because ``item`` may return an int for one."""
    return label.item() if isinstance(label, np.bool_ | np.integer | np.floating | np.str_) else label


def _missing(value: Any) -> bool:
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))
