"""The store: rows are appended, flushed and synced; what is there stays there.

A folder has one writer at a time, which holds its lock. A row counts as done once it stands in ``runs.jsonl`` with
its newline; what a killed writer left without one is cut off by the next.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from textclf.errors import DataError, OutputError
from textclf.yaml_reader import read_yaml

QUESTION = "experiment.yaml"  # the experiment file, as it was run
OWN = (QUESTION, "runs.jsonl", "speed.jsonl", "predictions", "figures", "README.md")


class Store:
    """The one writer of a folder of results; a context manager.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    fresh : bool, default False
        Remove what an earlier experiment left (and nothing else).

    Raises
    ------
    OutputError
        If the folder cannot be written, or another process is writing to it.
    """

    def __init__(self, folder: str | Path, fresh: bool = False) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.folder / ".lock", timeout=0)
            self._lock.acquire()
            if fresh:
                self._clear()
            (self.folder / "predictions").mkdir(exist_ok=True)
            for name in ("runs.jsonl", "speed.jsonl"):
                _cut_torn_line(self.folder / name)
        except Timeout:
            raise OutputError(
                f"{self.folder}: another experiment is writing there; wait for it, or choose another --out"
            ) from None
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be written ({error.strerror}); choose another --out") from None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _clear(self) -> None:
        for name in OWN:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def keep(self, path: str | Path) -> None:
        """Keep the experiment file with its results."""
        temporary = self.folder / f"{QUESTION}.partial"
        shutil.copyfile(path, temporary)
        temporary.replace(self.folder / QUESTION)

    def done(self) -> set[str]:
        """The fingerprints of the runs that ended well."""
        return {row["fingerprint"] for row in read_rows(self.folder) if row["status"] == "ok"}

    def append(self, row: dict[str, Any], predictions: pd.DataFrame | None = None) -> None:
        """Write a row, and the predictions before it: a row that is there has its predictions."""
        if row["status"] == "ok" and row["fingerprint"] in self.done():
            return
        if predictions is not None:
            path = self.folder / "predictions" / f"{row['fingerprint']}.parquet"
            temporary = path.with_suffix(".partial")
            predictions.to_parquet(temporary, index=False)
            temporary.replace(path)
        _append_line(self.folder / "runs.jsonl", row)

    def append_speed(self, row: dict[str, Any]) -> None:
        """Write one measurement of the speed pass."""
        _append_line(self.folder / "speed.jsonl", row)


def read_rows(folder: str | Path, name: str = "runs.jsonl") -> list[dict[str, Any]]:
    """The rows of a folder of results; a line that is still being written does not count.

    Raises
    ------
    DataError
        Naming the line, if one is no row.
    """
    path = Path(folder) / name
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: not JSON ({error.msg}); remove the line and resume") from None
    return rows


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
    """What the experiment file asks to be compared: a model's label to the labels of those to set against it."""
    path = Path(folder) / QUESTION
    content = read_yaml(path) if path.exists() else None
    return (content.get("compare") or {}) if isinstance(content, dict) else {}


def _append_line(path: Path, row: dict[str, Any]) -> None:
    line = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    with path.open("ab") as file:
        file.write(line.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def _cut_torn_line(path: Path) -> None:
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
