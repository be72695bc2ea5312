"""Parts registered at run time work in every command; no other file needs a change."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from textclf.attention.scores import SCORES
from textclf.bench.section import SECTIONS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.poolings import POOLINGS
from textclf.metrics import METRICS
from textclf.plugins import load_plugin, unload_plugins
from textclf.report.formats import FORMATS

Cli = Callable[..., subprocess.CompletedProcess[str]]
PARTS = Path(__file__).parent / "helpers/outside_parts.py"
TINY = ["--set", "hidden_dim=4", "--set", "embedding_dim=4", "--epochs", "1", "--json"]
MODELS = {
    "none-begin": ["--encoder", "none", "--pooling", "begin"],
    "none-attention-negative_distance": ["--encoder", "none", "--pooling", "attention", "--score", "negative_distance"],
    "uniform": ["--encoder", "uniform"],
}


@pytest.fixture(autouse=True)
def _registered() -> None:
    """Register the parts; conftest.py removes them after the test."""
    load_plugin(PARTS)


def test_a_score_a_pooling_and_a_baseline_are_listed(cli: Cli) -> None:
    listed = json.loads(cli("list", "--json").stdout)
    assert "negative_distance" in listed["scores"]
    assert "begin" in listed["poolings"]
    assert "uniform" in listed["encoders"]


def test_registered_parts_pass_their_checks(cli: Cli) -> None:
    for kind, name in (("score", "negative_distance"), ("pooling", "begin"), ("baseline", "uniform")):
        assert cli("check-part", kind, name).returncode == 0


@pytest.mark.parametrize("model", MODELS)
def test_registered_parts_run(cli: Cli, reviews: Path, model: str) -> None:
    row = json.loads(cli("run", "--dataset", reviews, *MODELS[model], *TINY).stdout)
    assert row["model"] == model
    assert len(row["epochs"]) == (0 if model == "uniform" else 1)


def test_registered_parts_are_in_the_tables_of_an_experiment(cli: Cli, reviews: Path) -> None:
    (reviews.parent / "grid.yaml").write_text(
        f"datasets: [{reviews.name}]\nshared: {{hidden_dim: 4, embedding_dim: 4, epochs: 1}}\n"
        "models: [{encoder: none, pooling: begin}, {encoder: uniform},"
        " {encoder: none, pooling: attention, pooling.score: negative_distance}]\n",
        encoding="utf-8",
    )
    assert cli("experiment", "grid.yaml", "--out", "out", "--jobs", "2", "--no-speeds").returncode == 0
    page = (reviews.parent / "out/README.md").read_text(encoding="utf-8")
    assert all(f"| {model} " in page for model in MODELS), page


def test_a_metric_that_is_better_when_lower_decides_the_epoch_and_ranks_the_models(cli: Cli, reviews: Path) -> None:
    assert "mistakes" in json.loads(cli("list", "metrics", "--json").stdout)
    assert cli("check-part", "metric", "mistakes").returncode == 0
    tiny = [*TINY, "--epochs", "4", "--set", "select_by=mistakes"]
    done = cli("run", "--dataset", reviews, "--encoder", "lstm", *tiny)
    row = json.loads(done.stdout)
    values = [record["validation_metric"] for record in row["epochs"]]
    assert "validation mistakes" in done.stderr
    assert row["select_by"] == "mistakes"
    assert values[row["best_epoch"] - 1] == min(values)
    assert row["metrics"]["test"]["mistakes"] == pytest.approx(100 - 100 * row["metrics"]["test"]["accuracy"])
    (reviews.parent / "grid.yaml").write_text(
        f"datasets: [{reviews.name}]\nshared: {{select_by: mistakes}}\n"
        "models: [{encoder: tfidf}, {encoder: majority}]\ncontrasts: {majority: [tfidf]}\n",
        encoding="utf-8",
    )
    assert cli("experiment", "grid.yaml", "--out", "out", "--no-speeds").returncode == 0
    page = (reviews.parent / "out/README.md").read_text(encoding="utf-8")
    assert "| model | test mistakes ↓ |" in page
    first, second = (page.index(f"| {name}") for name in ("**tfidf**", "majority"))
    assert first < second, "the model with fewer mistakes is the best"
    assert re.search(r"\| tfidf \| majority \| -\S+ \[-\S+, -\S+\] \| better \|", page)


def test_a_registered_section_is_measured_and_is_on_the_page_of_the_benchmark(cli: Cli, reviews: Path) -> None:
    assert re.search(r"\bconstant +the constant 1\n", cli("bench", "--help").stdout)
    assert cli("bench", "constant", "--out", "bench").returncode == 0
    assert "## A constant\n\n1 record\n" in (reviews.parent / "bench/README.md").read_text(encoding="utf-8")


def test_a_registered_format_writes_a_report(cli: Cli, reviews: Path) -> None:
    (reviews.parent / "grid.yaml").write_text(f"datasets: [{reviews.name}]\nmodels: [{{encoder: majority}}]\n")
    assert cli("experiment", "grid.yaml", "--out", "out", "--no-speeds").returncode == 0
    assert re.search(r"\bshout +shout\.txt", cli("report", "--help").stdout)
    assert cli("report", "out", "--format", "shout").returncode == 0
    assert (reviews.parent / "out/shout.txt").read_text(encoding="utf-8") == "MAJORITY"


def test_unload_plugins_removes_the_registered_parts() -> None:
    unload_plugins()
    names = {"negative_distance", "begin", "uniform", "mistakes", "constant", "shout"}
    assert not names & {*SCORES, *POOLINGS, *BASELINES, *METRICS, *SECTIONS, *FORMATS}
