"""Parts that are registered at run time work everywhere, without a change elsewhere."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from textclf.attention.scores import SCORES
from textclf.encoders.baselines import BASELINES
from textclf.encoders.poolings import POOLINGS
from textclf.plugins import load_plugin, unload_plugins

Cli = Callable[..., subprocess.CompletedProcess[str]]
PARTS = Path(__file__).parent / "helpers/outside_parts.py"
TINY = ["--set", "hidden_dim=4", "--set", "embedding_dim=4", "--epochs", "1", "--json"]
MODELS = {
    "none-first": ["--encoder", "none", "--pooling", "first"],
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
    assert "first" in listed["poolings"]
    assert "uniform" in listed["encoders"]


def test_they_pass_their_checks(cli: Cli) -> None:
    for kind, name in (("score", "negative_distance"), ("pooling", "first"), ("baseline", "uniform")):
        assert cli("check-part", kind, name).returncode == 0


@pytest.mark.parametrize("model", MODELS)
def test_they_run(cli: Cli, reviews: Path, model: str) -> None:
    row = json.loads(cli("run", "--dataset", reviews, *MODELS[model], *TINY).stdout)
    assert row["model"] == model
    assert len(row["epochs"]) == (0 if model == "uniform" else 1)


def test_they_are_in_the_tables_of_an_experiment(cli: Cli, reviews: Path) -> None:
    (reviews.parent / "grid.yaml").write_text(
        f"datasets: [{reviews.name}]\nshared: {{hidden_dim: 4, embedding_dim: 4, epochs: 1}}\n"
        "models: [{encoder: none, pooling: first}, {encoder: uniform},"
        " {encoder: none, pooling: attention, pooling.score: negative_distance}]\n",
        encoding="utf-8",
    )
    assert cli("experiment", "grid.yaml", "--out", "out", "--jobs", "2", "--no-speeds").returncode == 0
    page = (reviews.parent / "out/README.md").read_text(encoding="utf-8")
    assert all(f"| {model} " in page for model in MODELS), page


def test_unload_plugins_removes_them() -> None:
    unload_plugins()
    assert not {"negative_distance", "first", "uniform"} & {*SCORES, *POOLINGS, *BASELINES}
