"""The store: rows are appended, flushed and synced, and never changed.

A folder has one writer at a time, which holds its lock. A row is complete when its line in ``runs.jsonl`` ends in a
newline. A writer that is killed may leave an incomplete line; the next writer removes it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from textclf.errors import ConfigurationError, DataError, counted
from textclf.results.marker import claim, marker_of
from textclf.results.prediction_files import (
    FOLDER,
    MERGED,
    PredictionsError,
    merge_predictions,
    read_predictions,
    write_predictions,
)
from textclf.results.row_parser import parse_row
from textclf.results.rows import PLANNED, RUNS, SPEEDS, AnyLine, OkRow, PlannedRow, RunRow, SpeedRow
from textclf.results.writing import append_line, one_message, replacing
from textclf.yaml_reader import read_yaml

QUESTION = "experiment.yaml"  # a copy of the experiment file, as it was run
OWN = (QUESTION, RUNS, SPEEDS, PLANNED, "README.md", f"{FOLDER}/*.parquet", MERGED, "figures/*.svg")
CONTRASTS = TypeAdapter(dict[str, list[str]])

log = logging.getLogger("textclf")


class Store:
    """The one writer of a folder of results; a context manager.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    file : Path
        The experiment file whose results the folder holds.
    fresh : bool, default False
        Remove the results of earlier runs of the file, and nothing else.

    Raises
    ------
    OutputError
        If the folder holds anything else, cannot be written, or if another process is writing to it.
    """

    def __init__(self, folder: str | Path, file: str | Path, fresh: bool = False) -> None:
        self.folder, self.file = Path(folder), Path(file)
        with ExitStack() as stack:
            stack.enter_context(claim(self.folder, marker_of(self.folder, self.file)))
            with one_message(self.folder):
                self._tidy(OWN if fresh else (f"{FOLDER}/*.partial", f"{MERGED}.partial"))
                for name in (RUNS, SPEEDS):
                    _cut_torn_line(self.folder / name)
            self._done = {row.fingerprint: row for row in self._usable(read_rows(self.folder, RunRow))}
            self._open = stack.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _tidy(self, names: Iterable[str]) -> None:
        for name in names:
            for path in self.folder.glob(name):
                path.unlink()

    def _usable(self, rows: list[RunRow]) -> list[OkRow]:
        """The rows of runs that ended without an error and whose predictions can be read."""
        usable: list[OkRow] = []
        unusable: dict[str, list[tuple[Path, OkRow]]] = {}
        for row in rows:
            if isinstance(row, OkRow):
                try:
                    read_predictions(self.folder, row)
                    usable.append(row)
                except PredictionsError as error:
                    unusable.setdefault(error.problem, []).append((error.path, row))
        for problem, runs in unusable.items():
            files, titles = _some(str(path) for path, _ in runs), _some(row.title for _, row in runs)
            log.warning(
                "%s: the predictions of %s are %s; running again: %s",
                files,
                counted(len(runs), "run"),
                problem,
                titles,
            )
        return usable

    def write_plan(self, planned: Iterable[PlannedRow]) -> None:
        """Copy the experiment file, and record its runs; the report shows only these runs."""
        with replacing(self.folder / PLANNED) as path:
            path.write_text("".join(f"{row.to_json()}\n" for row in planned), encoding="utf-8")
        with replacing(self.folder / QUESTION) as path:
            path.write_bytes(self.file.read_bytes())

    def done(self) -> dict[str, OkRow]:
        """Return the rows of the runs that ended without an error, by fingerprint."""
        return self._done

    def append(self, row: RunRow, predictions: pd.DataFrame | None = None) -> None:
        """Write the predictions and then the row, so that each recorded row has its predictions."""
        if row.status == "ok" and row.fingerprint in self._done:
            return
        if predictions is not None:
            write_predictions(self.folder, row.fingerprint, predictions)
        append_line(self.folder / RUNS, row.to_json())
        if isinstance(row, OkRow):
            self._done[row.fingerprint] = row

    def append_speed(self, row: SpeedRow) -> None:
        """Write one measurement of the speed pass."""
        append_line(self.folder / SPEEDS, row.to_json())

    def merge(self) -> None:
        """Merge the predictions of single runs into one file, when the experiment is finished."""
        merge_predictions(self.folder)


@overload
def read_rows(folder: str | Path) -> list[RunRow]: ...


@overload
def read_rows(folder: str | Path, kind: type[AnyLine]) -> list[AnyLine]: ...


def read_rows(folder: str | Path, kind: type[Any] = RunRow) -> list[Any]:
    """Read the rows of class ``kind``, by default the rows of runs; an incomplete last line is ignored.

    Raises
    ------
    DataError
        If a line is not a row or lacks keys; the message names the line.
    """
    path = Path(folder) / kind.file
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); restore it, or remove it and resume") from None
    lines = content.decode(errors="replace").split("\n")[:-1]
    return [parse_row(line, kind, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def read_question(folder: str | Path) -> list[str]:
    """Read the lines of the comment at the top of the experiment file; the first is its question."""
    path = Path(folder) / QUESTION
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
    comment = [line.lstrip("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]
    if comment:
        question = re.sub(r"^\S+\.yaml: *", "", comment[0])
        comment[0] = question[:1].upper() + question[1:]
    return comment


def read_contrasts(folder: str | Path) -> dict[str, list[str]]:
    """Read the comparisons in the experiment file: the label of a reference to the labels of other models.

    Raises
    ------
    DataError
        If the copy of the experiment file is damaged.
    """
    path = Path(folder) / QUESTION
    try:
        return CONTRASTS.validate_python(read_yaml(path).get("contrasts", {})) if path.exists() else {}
    except (ConfigurationError, AttributeError, ValidationError):
        raise DataError(f"{path}: damaged; textclf experiment copies the experiment file there again") from None


def _some(names: Iterable[str]) -> str:
    """The first three different names, and an ellipsis if there are more."""
    listed = list(dict.fromkeys(names))
    return "; ".join([*listed[:3], *(["…"] if len(listed) > 3 else [])])


def _cut_torn_line(path: Path) -> None:
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
