"""Numbers in a project's own pages: copied from the recorded rows, between markers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from textclf.bench.page_speed import training_table
from textclf.bench.records import Sections
from textclf.escape import markdown
from textclf.report.markdown_tables import markdown_lines
from textclf.results.experiment_records import read_records
from textclf.results.rows import BenchRecord
from textclf.results.store import read_rows
from textclf.results.tables import cross_table, quality_table

MARKERS = re.compile(r"(<!-- results:(?P<name>[\w-]+) -->\n).*?(<!-- /results:(?P=name) -->)", re.DOTALL)


def with_results(text: str, results: Path) -> str:
    """``text`` with the tables of ``results/NAME`` between ``<!-- results:NAME -->`` and ``<!-- /results:NAME -->``."""

    def tables(match: re.Match[str]) -> str:
        if match["name"] == "bench":  # the table of training speeds
            sections = Sections(read_rows(results / "bench", BenchRecord))
            return match[1] + "\n".join(training_table(sections)) + "\n" + match[3]
        records = read_records(results / match["name"])
        lines = [
            line
            for dataset in records.datasets
            for line in (
                "",
                f"**{markdown(dataset.title)}**",
                "",
                *markdown_lines(cross_table(dataset) or quality_table(dataset)),
                "",
            )
        ]
        return match[1] + "\n".join(lines[1:]) + "\n" + match[3]

    return MARKERS.sub(tables, text)


if __name__ == "__main__":
    page, folder = Path(sys.argv[1]), Path(sys.argv[2])
    page.write_text(with_results(page.read_text(encoding="utf-8"), folder), encoding="utf-8")
