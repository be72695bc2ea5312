"""CSV: the table of `read_results`, with a row for each run."""

from __future__ import annotations

from pathlib import Path

from textclf.report.formats.format import Format
from textclf.results.data_frame import read_results
from textclf.results.marker import read_marker
from textclf.results.writing import replacing


class Csv(Format):
    """Writes ``results.csv``."""

    summary = "results.csv: a row for each run, with its metrics and costs"

    def write(self, folder: Path) -> Path:
        results = read_results(folder)
        read_marker(folder)
        with replacing(folder / "results.csv") as path:
            results.to_csv(path.absolute(), index=False, errors="backslashreplace", lineterminator="\n")
        return folder / "results.csv"
