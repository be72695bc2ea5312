"""Files of predictions: a Parquet file for each run while an experiment runs, one file for all once it is finished.

Both have the same columns, and a row group for each run, so that one run is read without the others: ``run`` (its
fingerprint), ``id``, ``group``, ``label``, ``tokens``, ``classes`` (their names as a JSON list) and ``probabilities``
(a list, one number a class).
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

from textclf.errors import DataError
from textclf.metrics import METRICS, metric_of
from textclf.results.predictions import CLASS, arrays_of, predictions_frame
from textclf.results.rounding import rounded
from textclf.results.rows import OkRow
from textclf.results.writing import replacing

FOLDER, MERGED = "predictions", "predictions.parquet"
AGAIN = "textclf experiment makes its run again"
UNREADABLE = (OSError, ValueError, KeyError, pa.ArrowException)
TOLERANCE = 1e-6  # between the metric of a row and of its predictions, whose probabilities are rounded

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
    """The test predictions of a row, as `predictions_frame` returns them; probabilities are rounded (see `rounded`).

    Raises
    ------
    DataError
        If there are none, they are damaged, or they are another run's.
    """
    for path in (_single(Path(folder), row.fingerprint), Path(folder) / MERGED):
        try:
            table = _read(path, row.fingerprint)
            if table is None:
                continue
            frame = _frame(table)
            if _belong(frame, row):
                return frame
            problem = "not those of its row"
        except UNREADABLE:
            problem = "damaged"
        raise DataError(f"{path}: the predictions of {row.fingerprint} are {problem}; {AGAIN}")
    raise DataError(f"{folder}: the predictions of {row.fingerprint} are missing; {AGAIN}")


def merge_predictions(folder: Path) -> None:
    """Merge the files of single runs into one and remove them; predictions that are damaged stay out.

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
    with suppress(OSError):  # the user may have files there
        (folder / FOLDER).rmdir()


def _merged(folder: Path, singles: dict[str, Path]) -> Iterator[pa.Table]:
    """The predictions of each run: a file of its own replaces those that were merged before."""
    merged: dict[str, Path] = {}
    with suppress(*UNREADABLE):
        merged = dict.fromkeys(_row_groups(folder / MERGED), folder / MERGED)
    for name, path in (merged | singles).items():
        with suppress(*UNREADABLE):
            table = _read(path, name)
            if table is not None:
                yield table


def _single(folder: Path, fingerprint: str) -> Path:
    return folder / FOLDER / f"{fingerprint}.parquet"


def _table(fingerprint: str, frame: pd.DataFrame) -> pa.Table:
    rows, (_, probabilities, _) = len(frame), arrays_of(frame)
    classes = [str(column).removeprefix(CLASS) for column in frame if str(column).startswith(CLASS)]
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
    """The table of a run as `predictions_frame` returned it."""
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
    """Whether predictions are those of a row: as many, and with the same value of the metric that decides."""
    if len(frame) != row.rows.test:
        return False
    return row.select_by not in METRICS or isclose(
        metric_of(row.select_by).value(*arrays_of(frame)), row.value, abs_tol=TOLERANCE
    )


def _write(path: Path, tables: Iterator[pa.Table] | list[pa.Table]) -> None:
    """Write each table as a row group. Bytes of probabilities are stored by place, which compresses better."""
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
    """The row group of a run, if the file has it."""
    group = _row_groups(path).get(fingerprint)
    if group is None:
        return None
    with pq.ParquetFile(path.absolute(), page_checksum_verification=True) as file:
        return file.read_row_group(group)


def _row_groups(path: Path) -> dict[str, int]:
    """Fingerprint to the number of its row group; nothing if there is no such file."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return {}
    return _row_groups_of(path.absolute(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _row_groups_of(path: Path, changed: int, size: int) -> dict[str, int]:
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(group).column(0) for group in range(file.num_row_groups)]
    return {column.statistics.min: group for group, column in enumerate(groups) if column.statistics is not None}
