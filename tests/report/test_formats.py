"""Formats of a report: each is in a registry, and the command line takes its name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.commands import Cli, passed, refused
from helpers.made_results import made_results
from helpers.registering import registered
from helpers.rows import predicted, row, write_run

from textclf import read_results
from textclf.report import write_report
from textclf.report.formats import FORMATS
from textclf.report.formats.format import Format


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return made_results(tmp_path)


def test_csv_holds_the_rows_of_read_results(results: Path) -> None:
    path = write_report(results, "csv")
    assert path == results / "results.csv"
    pd.testing.assert_frame_equal(
        pd.read_csv(path, keep_default_na=False)[["model", "seed"]], read_results(results)[["model", "seed"]]
    )
    assert pd.read_csv(path)["test_accuracy"].to_numpy() == pytest.approx(
        read_results(results)["test_accuracy"].to_numpy(), nan_ok=True
    )


def test_latex_has_the_tables_of_the_page(results: Path) -> None:
    path = results / "experiment.yaml"
    path.write_text("contrasts: {lstm-max: [tfidf]}\n", encoding="utf-8")
    lines = write_report(results, "latex").read_text(encoding="utf-8").splitlines()
    quality, without_speeds = 2, 1  # numbers of tables with five columns
    assert lines.count(r"\begin{tabular}{lrrrr}") == quality + without_speeds
    assert lines.count(r"\begin{tabular}{llrl}") == 2, "columns of words are aligned left"
    assert lines[1].startswith("% Metrics are in percent")
    assert r"model & test accuracy & test macro-F1 & difference to the best & runs \\" in lines
    assert r"\textbf{lstm-max} & \textbf{92.50 $\pm$ 6.21} & \textbf{91.50 $\pm$ 6.21} & best & 3 \\" in lines
    assert any(line.startswith(r"tfidf & lstm-max & $-$42.50 [") and line.endswith(r"& worse \\") for line in lines)
    assert r"lstm-max & 1,234 & 5,000 & 1,508 & 9,000 & 1.2 & 2.5 & 321 \\" in lines


def test_names_are_escaped_in_latex(results: Path) -> None:
    (results / "planned.jsonl").unlink()
    made = row(r"a_b & 50% \x{$}", "d\n", 1, None, 0.5, fingerprint="odd")
    write_run(results, made, predicted(20))
    tables = write_report(results, "latex").read_text(encoding="utf-8")
    assert r"\textbf{a\_b \& 50\% \textbackslash{}x\{\$\}} &" in tables
    assert "\n% d\\n\n" in tables


def test_a_format_that_is_registered_at_run_time_is_used(results: Path, cli: Cli) -> None:
    class Names(Format):
        def write(self, folder: Path) -> Path:
            path = folder / "names.txt"
            path.write_text("\n".join(sorted(set(read_results(folder).model))), encoding="utf-8")
            return path

    with registered((FORMATS, "names", Names)):
        assert "names.txt" in passed(cli, "report", results, "--format", "names")
    assert (results / "names.txt").read_text(encoding="utf-8") == "cnn\nlstm-max\ntfidf"


def test_an_unknown_format_gets_one_message(results: Path, cli: Cli, tmp_path: Path) -> None:
    message = refused(cli, tmp_path, "report", results, "--format", "latx")
    assert message == 'textclf: there is no format "latx"; did you mean "latex"?\n'


def test_help_lists_the_formats(cli: Cli) -> None:
    shown = cli("report", "--help").stdout
    assert all(name in shown for name in FORMATS)
