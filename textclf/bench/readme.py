"""Write recorded results into a page: each pair of markers encloses the tables of one folder of results."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from textclf.bench.records import read_bench_records
from textclf.bench.training import training_table
from textclf.escape import markdown
from textclf.report.markdown_tables import markdown_lines
from textclf.results.experiment_records import read_records
from textclf.results.tables import cross_table, quality_table

MARKERS = re.compile(r"(<!-- results:(?P<name>[\w-]+) -->\n).*?(<!-- /results:(?P=name) -->)", re.DOTALL)


def with_results(text: str, results: Path) -> str:
    """``text`` with the tables of ``results/NAME`` between ``<!-- results:NAME -->`` and ``<!-- /results:NAME -->``.

    ``results:bench`` stands for the table of training rates.
    """

    def tables(match: re.Match[str]) -> str:
        if match["name"] == "bench":
            return match[1] + "\n".join(training_table(read_bench_records(results / "bench"))) + "\n" + match[3]
        records = read_records(results / match["name"])
        lines: list[str] = []
        for dataset in records.datasets:
            table = cross_table(dataset) or quality_table(dataset)
            lines += ["", f"**{markdown(dataset.title)}**", "", *markdown_lines(table), ""]
        return match[1] + "\n".join(lines[1:]) + "\n" + match[3]

    return MARKERS.sub(tables, text)


if __name__ == "__main__":
    page, folder = Path(sys.argv[1]), Path(sys.argv[2])
    page.write_text(with_results(page.read_text(encoding="utf-8"), folder), encoding="utf-8")
