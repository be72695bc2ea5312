"""The store: rows are appended, flushed and synced; what is there stays there.

A folder has one writer at a time, which holds its lock. A row counts as done once it stands in ``runs.jsonl`` with
its newline; what a killed writer left without one is cut off by the next.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import takewhile
from math import isclose
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
from pyarrow import ArrowException
from pydantic import TypeAdapter, ValidationError

from textclf.errors import ConfigurationError, DataError
from textclf.escape import printable_json
from textclf.results.marker import claim, marker_of
from textclf.results.rows import PLANNED, RUNS, SPEEDS, Row, parse_row
from textclf.results.writing import append_line, one_message, replacing
from textclf.yaml_reader import read_yaml

QUESTION = "experiment.yaml"  # the experiment file, as it was run
OWN = (QUESTION, RUNS, SPEEDS, PLANNED, "README.md", "predictions/*.parquet", "figures/*.svg")
COMPARISONS = TypeAdapter(dict[str, list[str]])
log = logging.getLogger("textclf")


class Store:
    """The one writer of a folder of results; a context manager.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    file : Path
        The experiment file whose results it holds.
    fresh : bool, default False
        Remove what an earlier run of the file left (and nothing else).

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
                self._tidy(OWN if fresh else ("predictions/*.partial",))
                (self.folder / "predictions").mkdir(exist_ok=True)
                for name in (RUNS, SPEEDS):
                    _cut_torn_line(self.folder / name)
            self._done = {row["fingerprint"]: row for row in self._sound(read_rows(self.folder))}
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

    def _sound(self, rows: list[Row]) -> list[Row]:
        """The rows of runs that ended well and whose predictions can be read."""
        sound, problems = [], []
        for row in rows:
            if row["status"] == "ok":
                try:
                    read_predictions(self.folder, row)
                    sound.append(row)
                except DataError as error:
                    problems.append(error)
        if problems:
            log.warning("%s (%d such files)", problems[0], len(problems))
        return sound

    def keep(self, planned: Iterable[Row]) -> None:
        """Keep the experiment file, and which runs it asks for: the report shows no others."""
        with replacing(self.folder / PLANNED) as path:
            path.write_text("".join(f"{json.dumps(row)}\n" for row in planned), encoding="utf-8")
        with replacing(self.folder / QUESTION) as path:
            path.write_bytes(self.file.read_bytes())

    def done(self) -> dict[str, Row]:
        """The rows of the runs that ended well, by fingerprint."""
        return self._done

    def append(self, row: Row, predictions: pd.DataFrame | None = None) -> None:
        """Write a row, and the predictions before it: a row that is there has its predictions."""
        ok = row["status"] == "ok"
        if ok and row["fingerprint"] in self._done:
            return
        if predictions is not None:
            with replacing(_predictions(self.folder, row)) as path:
                predictions.to_parquet(path.absolute(), index=False, write_page_checksum=True)
        append_line(self.folder / RUNS, _json(row))
        if ok:
            self._done[row["fingerprint"]] = row

    def append_speed(self, row: Row) -> None:
        """Write one measurement of the speed pass."""
        append_line(self.folder / SPEEDS, _json(row))


def read_rows(folder: str | Path, name: str = RUNS) -> list[Row]:
    """The rows of a folder of results; a line that is still being written does not count.

    Raises
    ------
    DataError
        Naming the line, if one is no row or lacks keys.
    """
    path = Path(folder) / name
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); restore it, or remove it and resume") from None
    lines = content.decode(errors="replace").split("\n")[:-1]
    return [parse_row(line, name, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def read_predictions(folder: str | Path, row: Row) -> pd.DataFrame:
    """The test predictions of a row.

    Raises
    ------
    DataError
        If there are none, they are damaged, or they are another run's.
    """
    path = _predictions(Path(folder), row)
    try:
        frame = pd.read_parquet(path.absolute(), page_checksum_verification=True)
        accuracy = right_answers(frame).mean()
        if len(frame["id"]) == row["rows"]["test"] and isclose(accuracy, row["metrics"]["test"]["accuracy"]):
            return frame
        problem = "not those of its row"
    except FileNotFoundError:
        problem = "missing"
    except (OSError, ValueError, KeyError, ArrowException):
        problem = "damaged"
    raise DataError(f"{path}: {problem}; textclf experiment makes its run again")


def right_answers(predictions: pd.DataFrame) -> np.ndarray:
    """Whether the most probable class of each row is its label: ``(rows,)``."""
    classes = [column for column in map(str, predictions.columns) if column.startswith("p_")]
    most_probable = predictions[classes].to_numpy().argmax(1)
    return np.array([column[2:] for column in classes])[most_probable] == predictions["label"].to_numpy()


def _predictions(folder: Path, row: Row) -> Path:
    """The file; pandas takes it as an absolute path, as it reads a ``~`` for the home folder."""
    return folder / "predictions" / f"{row['fingerprint']}.parquet"


def read_question(folder: str | Path) -> list[str]:
    """The comment that an experiment file begins with, a line each: its question, then what else it says."""
    path = Path(folder) / QUESTION
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
    comment = [line.lstrip("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]
    if comment:
        question = re.sub(r"^\S+\.yaml: *", "", comment[0])
        comment[0] = question[:1].upper() + question[1:]
    return comment


def read_comparisons(folder: str | Path) -> dict[str, list[str]]:
    """What the experiment file asks to be compared: a model's label to the labels of those to set against it.

    Raises
    ------
    DataError
        If the file that was kept is no experiment file any more.
    """
    path = Path(folder) / QUESTION
    try:
        return COMPARISONS.validate_python(read_yaml(path).get("compare", {})) if path.exists() else {}
    except (ConfigurationError, AttributeError, ValidationError):
        raise DataError(f"{path}: damaged; textclf experiment copies the experiment file there again") from None


def _json(row: Row) -> str:
    return printable_json(json.dumps(row, ensure_ascii=False, allow_nan=False))


def _cut_torn_line(path: Path) -> None:
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
