"""Files of predictions: one Parquet file for each run during an experiment, and one for all runs when it is finished.

Each run has its own row group, so that it is read without the others. The columns are ``run`` (its fingerprint),
``id``, ``group``, ``label``, ``tokens``, ``classes`` (their names as a JSON list) and ``probabilities`` (a list with
one number for each class).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from math import isclose
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from textclf.errors import DataError, OutputError
from textclf.metrics import METRICS, metric_of
from textclf.results.marker import command
from textclf.results.predictions import arrays_of, predictions_frame, probabilities_of
from textclf.results.rounding import rounded
from textclf.results.rows import OkRow
from textclf.results.writing import replacing

FOLDER, MERGED = "predictions", "predictions.parquet"
UNREADABLE = (OSError, ValueError, KeyError, pa.ArrowException)
# between the recorded metric and the metric of the stored predictions, whose probabilities are rounded
TOLERANCE = 1e-6

NAMES = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    {
        "run": NAMES,
        "id": pa.int64(),
        "group": NAMES,
        "label": NAMES,
        "tokens": pa.int32(),
        "classes": NAMES,
        "probabilities": pa.list_(pa.float64()),
    }
)


class PredictionsError(DataError):
    """The predictions of a run are missing or damaged, or do not match its row.

    Attributes
    ----------
    path : Path
    problem : str
        For example ``damaged``.
    """

    def __init__(self, path: Path, problem: str, row: OkRow, folder: Path) -> None:
        self.path, self.problem = path, problem
        again = "textclf experiment"
        with suppress(OutputError):  # a folder that textclf experiment has not made has no marker
            again = command(folder)[1]
        super().__init__(f"{path}: the predictions of {row.title} are {problem}; this command repeats the run: {again}")


def write_predictions(folder: Path, fingerprint: str, frame: pd.DataFrame) -> None:
    """Write the predictions of a run to a file of its own.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    with replacing(_single(folder, fingerprint)) as path:
        _write(path, [_table(fingerprint, frame)])


def read_predictions(folder: str | Path, row: OkRow) -> pd.DataFrame:
    """Read the test predictions of a row, as `predictions_frame` returns them, with `rounded` probabilities.

    Raises
    ------
    PredictionsError
    """
    folder = Path(folder)
    for path in (_single(folder, row.fingerprint), folder / MERGED):
        try:
            table = _read(path, row.fingerprint)
            if table is None:
                continue
            frame = _frame(table)
            if _belong(frame, row):
                return frame
            problem = "inconsistent with the recorded row"
        except UNREADABLE:
            problem = "damaged"
        raise PredictionsError(path, problem, row, folder)
    raise PredictionsError(folder / MERGED, "missing", row, folder)


def merge_predictions(folder: Path) -> None:
    """Merge the files of single runs into one and remove them; damaged predictions are left out.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    singles = {path.stem: path for path in sorted((folder / FOLDER).glob("*.parquet"))}
    if singles:
        with replacing(folder / MERGED) as path:
            _write(path, _merged(folder, singles))
        for single in singles.values():
            single.unlink()
    with suppress(OSError):  # the folder may contain files of the user
        (folder / FOLDER).rmdir()


def _merged(folder: Path, singles: dict[str, Path]) -> Iterator[pa.Table]:
    """The predictions of each run; the file of a single run replaces predictions that were merged before."""
    merged: dict[str, Path] = {}
    with suppress(*UNREADABLE):
        merged = dict.fromkeys(_metadata(folder / MERGED)[1], folder / MERGED)
    for name, path in (merged | singles).items():
        with suppress(*UNREADABLE):
            table = _read(path, name)
            if table is not None:
                yield table


def _single(folder: Path, fingerprint: str) -> Path:
    return folder / FOLDER / f"{fingerprint}.parquet"


def _table(fingerprint: str, frame: pd.DataFrame) -> pa.Table:
    rows, (classes, probabilities) = len(frame), probabilities_of(frame)
    offsets = pa.array(np.arange(0, probabilities.size + 1, max(len(classes), 1), dtype=np.int32))
    columns = {
        "run": [fingerprint] * rows,
        **{name: frame[name].array if name in frame else [None] * rows for name in ("id", "group", "label", "tokens")},
        "classes": [json.dumps(classes, ensure_ascii=False)] * rows,
    }
    types = {name: pa.string() if SCHEMA.field(name).type == NAMES else SCHEMA.field(name).type for name in columns}
    arrays = [pa.array(values, types[name]) for name, values in columns.items()]
    lists = pa.ListArray.from_arrays(offsets, pa.array(rounded(probabilities).ravel()))
    return pa.table([*arrays, lists], names=SCHEMA.names).cast(SCHEMA)


def _frame(table: pa.Table) -> pd.DataFrame:
    """Convert the stored table of a run to a table of `predictions_frame`."""
    classes = json.loads(table["classes"][0].as_py()) if len(table) else []
    probabilities = table["probabilities"].combine_chunks().flatten().to_numpy().reshape(len(table), len(classes))
    groups, tokens = (None if table[name].null_count else table[name] for name in ("group", "tokens"))
    return predictions_frame(
        table["id"].to_numpy(),
        None if groups is None else groups.to_pylist(),
        table["label"].to_pylist(),
        None if tokens is None else tokens.to_numpy(),
        probabilities,
        classes,
    )


def _belong(frame: pd.DataFrame, row: OkRow) -> bool:
    """Whether predictions belong to a row: the numbers of rows are equal, and the values of `select_by` too."""
    if len(frame) != row.rows.test:
        return False
    return row.select_by not in METRICS or isclose(
        metric_of(row.select_by).value(*arrays_of(frame, row.task)), row.value, abs_tol=TOLERANCE
    )


def _write(path: Path, tables: Iterator[pa.Table] | list[pa.Table]) -> None:
    """Write each table as a row group. Splitting the bytes of probabilities into streams improves compression."""
    with pq.ParquetWriter(
        path.absolute(),
        SCHEMA,
        compression="zstd",
        compression_level=9,
        use_dictionary=[field.name for field in SCHEMA if field.type == NAMES],
        column_encoding={
            "id": "DELTA_BINARY_PACKED",
            "tokens": "DELTA_BINARY_PACKED",
            "probabilities.list.element": "BYTE_STREAM_SPLIT",
        },
        write_page_checksum=True,
    ) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(len(table), 1))


def _read(path: Path, fingerprint: str) -> pa.Table | None:
    """Read the row group of a run; None if the file does not contain it."""
    metadata, groups = _metadata(path)
    if fingerprint not in groups:
        return None
    with pq.ParquetFile(path.absolute(), metadata=metadata, page_checksum_verification=True) as file:
        return file.read_row_group(groups[fingerprint])


def _metadata(path: Path) -> tuple[pq.FileMetaData | None, dict[str, int]]:
    """The metadata of a file and the row group of each fingerprint; no row groups if there is no such file."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None, {}
    return _metadata_of(path.absolute(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)  # a report reads a merged file once for each run
def _metadata_of(path: Path, changed: int, size: int) -> tuple[pq.FileMetaData, dict[str, int]]:
    metadata = pq.read_metadata(path)
    columns = [metadata.row_group(group).column(0) for group in range(metadata.num_row_groups)]
    groups = {column.statistics.min: group for group, column in enumerate(columns) if column.statistics is not None}
    return metadata, groups
