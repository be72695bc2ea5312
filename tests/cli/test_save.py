"""``textclf run --save``, and runs with a loss or probabilities that are not finite."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.commands import Cli

from textclf.encoders.baselines.majority import Majority
from textclf.results.store import read_rows

SMALL = ("--epochs", 1, "--set", "hidden_dim=4", "--set", "embedding_dim=4")


def test_a_folder_without_a_saved_model_is_refused_before_training(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    for folder, message in ((mine, "holds no saved model"), (tmp_path / "file", "is a file"), ("/", "no saved model")):
        done = cli("run", "--dataset", reviews, "--encoder", "lstm", *SMALL, "--save", folder)
        assert done.returncode == 2
        assert message in done.stderr
        assert "epoch" not in done.stderr, "before training"
        assert done.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_a_saved_model_is_replaced_and_an_empty_folder_is_filled(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    (tmp_path / "model").mkdir()
    for encoder, low, high in (("tfidf", 0.5, 1.0), ("majority", 0.5, 0.5)):
        assert cli("run", "--dataset", reviews, "--encoder", encoder, "--save", "model").returncode == 0
        (prediction,) = json.loads(cli("predict", "model", "a good film", "--json").stdout)
        assert low <= prediction["probabilities"]["pos"] <= high


def test_the_result_is_printed_even_if_the_model_cannot_be_saved(
    cli: Cli, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textclf.training.folder._sync", full)
    done = cli("run", "--dataset", reviews, "--encoder", "tfidf", "--save", "model", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == "ok"
    assert "No space left on device" in done.stderr
    assert "saved the model" not in done.stderr


@pytest.mark.parametrize("rate", ["1e30", "1e38"])
def test_a_run_that_diverges_in_its_only_epoch_fails_and_saves_nothing(
    cli: Cli, tmp_path: Path, reviews: Path, rate: str
) -> None:
    settings = (*SMALL, "--set", f"learning_rate={rate}", "--set", "batch_size=100", "--save", "model")
    done = cli("run", "--dataset", reviews, "--encoder", "cnn", *settings)
    assert done.returncode == 1
    assert "lower learning_rate" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "model").exists()


def test_a_baseline_whose_probabilities_are_not_finite_fails(
    cli: Cli, tmp_path: Path, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Majority, "predict_proba", lambda self, texts: np.full((len(texts), 2), np.nan))
    done = cli("run", "--dataset", reviews, "--encoder", "majority", "--save", "model")
    assert done.returncode == 1
    assert "not finite" in done.stderr
    assert not (tmp_path / "model").exists()


def test_a_run_of_an_experiment_that_diverges_is_a_failed_row(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\n"
        "shared: {hidden_dim: 4, embedding_dim: 4, epochs: 1, batch_size: 100}\n"
        "models: [{encoder: cnn, learning_rate: 1.0e30}]\n",
        encoding="utf-8",
    )
    for times in (1, 2):
        done = cli("experiment", grid)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        rows = read_rows(tmp_path / "results/grid")
        assert [row.status for row in rows] == ["failed"] * times, "each resumed experiment tries the run again"
        assert "lower learning_rate" in rows[-1].error
