"""Each committed page under results/ equals the page that the code generates from its rows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from textclf.bench.page import write_bench_report
from textclf.report import write_report
from textclf.results.rows import BENCH

ROOT = Path(__file__).parents[2]
COMMITTED = subprocess.run(
    ["git", "ls-files", "results/*/README.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
NAMES = [Path(path).parent.name for path in COMMITTED]


def generated(name: str, results: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Generate the page of ``results/NAME`` from links to its rows, without figures."""
    for folder in (ROOT / "results").iterdir():
        (results / folder.name).mkdir(parents=True)
        for path in folder.iterdir():
            if path.name not in {"README.md", "figures", ".lock"}:
                (results / folder.name / path.name).symlink_to(path)
    monkeypatch.setattr("altair.TopLevelMixin.save", lambda chart, path: None)
    write = write_bench_report if (results / name / BENCH).exists() else write_report
    return write(results / name).read_text(encoding="utf-8")


def test_there_are_pages() -> None:
    assert {"bench", "default"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_page_is_generated_from_its_rows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "results" / name / "README.md").read_text(encoding="utf-8")
    assert generated(name, tmp_path / "results", monkeypatch) == page, f"run textclf report results/{name}"
