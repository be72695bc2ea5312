"""Errors in the code of a plug-in: one message with the file and the line, and exit status 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.commands import FAST, Cli, grid, passed

from textclf.cli import call
from textclf.errors import PartError
from textclf.metrics import METRICS
from textclf.plugins import load_plugin, unload_plugins

SOURCE = """from textclf.encoders.poolings import POOLINGS
from textclf.encoders.poolings.mean import MeanPooling
from textclf.metrics import METRICS
from textclf.metrics.metric import Metric


class Broke(MeanPooling):
    def forward(self, context, mask):
        raise ValueError("forward broke")


class Unreadable(Metric):
    def value(self, labels, probabilities, groups=None):
        return open("no such file")


class NotANumber(Metric):
    def value(self, labels, probabilities, groups=None):
        return float("nan")


class Percent(Metric):
    def value(self, labels, probabilities, groups=None):
        return 50.0


class ErrorRate(Metric):
    higher_is_better = False

    def per_unit(self, labels, probabilities, groups=None):
        return (probabilities.argmax(1) != labels).astype(float)


POOLINGS.register("broke", Broke)
METRICS.register("unreadable", Unreadable)
METRICS.register("not_a_number", NotANumber)
METRICS.register("percent", Percent)
METRICS.register("error_rate", ErrorRate)
"""
RUN = ("run", "--dataset", "reviews.csv", "--plugin", "parts.py")
BROKE = (*RUN, "--encoder", "none", "--pooling", "broke", "--set", "hidden_dim=4", "--set", "embedding_dim=4")
TFIDF = (*RUN, "--encoder", "tfidf", "--set")


@pytest.fixture(autouse=True)
def parts(tmp_path: Path, reviews: Path) -> Path:
    path = tmp_path / "parts.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (BROKE, "ValueError: forward broke (parts.py, line 9)"),
        (
            (*TFIDF, "select_by=unreadable"),
            "FileNotFoundError: [Errno 2] No such file or directory: 'no such file' (parts.py, line 14)",
        ),
        (
            (*TFIDF, "select_by=not_a_number"),
            'metric "not_a_number": expected a finite float, measured nan; correct its class',
        ),
        (
            (*TFIDF, "select_by=percent"),
            'metric "percent": expected 0 to 1, because percent is True, measured 50; divide it, or '
            "set percent = False",
        ),
    ],
)
def test_an_error_of_a_part_is_one_message(cli: Cli, command: tuple[str, ...], message: str) -> None:
    done = cli(*command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"textclf: {message}\n")


def test_debug_raises_the_error_of_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PartError) as raised:
        call(list(BROKE), debug=True)
    assert isinstance(raised.value.__cause__, ValueError)


def test_an_error_of_textclf_itself_is_raised_unchanged(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr("textclf.experiment.execution.count_near_duplicates", broken)
    with pytest.raises(ValueError, match="a defect"):
        cli(*TFIDF, "select_by=error_rate")


def test_a_metric_without_a_title_is_shown_by_its_name(cli: Cli) -> None:
    assert "\nerror rate   0.00 %\n" in cli(*TFIDF, "select_by=error_rate").stdout


def test_the_error_for_a_missing_plugin_begins_with_its_file(cli: Cli, tmp_path: Path, parts: Path) -> None:
    file = grid(tmp_path, ["reviews.csv"], "[{encoder: tfidf, select_by: error_rate}]")
    passed(cli, "experiment", file, *FAST, "--plugin", parts)
    unload_plugins()
    for command in (("report", "results/grid"), ("report", "results/grid", "--format", "csv"), ("experiment", file)):
        done = cli(*command)
        assert done.returncode == 2
        first, *others = done.stderr.splitlines()
        assert first == "textclf: results/grid: its runs use parts of parts.py; give that file with --plugin FILE"
        assert 'there is no metric "error_rate"' in others[0]
    passed(cli, "report", "results/grid", "--plugin", parts)
    assert load_plugin(parts).name == "parts.py"
    assert "error_rate" in METRICS
