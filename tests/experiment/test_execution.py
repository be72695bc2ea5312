"""One run: its row has the required keys; the same seed gives the same bits, alone or in a grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from textclf.config import RunConfig
from textclf.data.tokenizer import Tokenizer
from textclf.experiment.execution import Result, execute
from textclf.experiment.grid import run_experiment
from textclf.experiment.preparation import prepare
from textclf.results.prediction_files import read_predictions, write_predictions
from textclf.results.rows import SpeedRow
from textclf.results.store import read_rows

ROW = [
    "schema_version",
    "fingerprint",
    "experiment",
    "status",
    "error",
    "kind",
    "task",
    "select_by",
    "dataset",
    "condition",
    "model",
    "encoder",
    "pooling",
    "score",
    "normaliser",
    "variant",
    "seed",
    "split_seed",
    "fold",
    "config",
    "rows",
    "metrics",
    "warnings",
    "parameters",
    "speed",
    "fit_seconds",
    "epochs",
    "best_epoch",
    "peak_memory_mb",
    "provenance",
    "near_duplicates",
]
SPEED = {
    "train_examples_per_second",
    "train_tokens_per_second",
    "inference_examples_per_second",
    "inference_latency_ms",
}
ORIGIN = {"commit", "versions", "device", "precision", "threads", "started_at", "data_sha256"}
WORDS = [
    first + second for first in ("rain", "snow", "wind", "sand") for second in ("fall", "storm", "drift", "line", "bow")
]
MODELS = [{"encoder": "lstm"}, {"encoder": "abcnn"}, {"encoder": "tfidf"}, {"encoder": "majority"}]


def config(reviews: Path, **keys: Any) -> RunConfig:
    return RunConfig.parse({"dataset": str(reviews), "hidden_dim": 8, "embedding_dim": 12, "epochs": 2} | keys)


def run(config: RunConfig, label: str = "label") -> Result:
    return execute(config, prepare(config), label)


@pytest.mark.parametrize("keys", MODELS, ids=lambda keys: keys["encoder"])
def test_a_row_has_the_required_keys(reviews: Path, keys: dict) -> None:
    result = run(config(reviews, **keys))
    row = json.loads(result.row.to_json())
    assert set(row) == set(ROW)
    assert (row["status"], row["error"], row["dataset"], row["model"]) == ("ok", None, "reviews", "label")
    assert row["rows"] == {"train": 64, "validation": 8, "test": 8}
    assert set(row["metrics"]) == {"train", "validation", "test"}
    assert all(set(part) == {"accuracy", "macro_f1", "log_loss"} for part in row["metrics"].values())
    assert set(row["parameters"]) == {"total", "embedding", "encoder", "classifier", "pretrained", "trained"}
    assert all(isinstance(number, int) for number in row["parameters"].values())
    parameters = row["parameters"]
    assert parameters["total"] == parameters["embedding"] + parameters["encoder"] + parameters["classifier"]
    assert set(row["speed"]) == SPEED
    assert all(number > 0 for number in row["speed"].values())
    assert set(row["provenance"]) >= ORIGIN
    assert RunConfig.parse(row["config"]).flat() == row["config"], "the configuration is complete"
    assert row["kind"] == ("baseline" if keys["encoder"] in {"tfidf", "majority"} else "encoder")
    assert (row["task"], row["select_by"]) == ("single_label", "accuracy")
    assert len(row["epochs"]) == (0 if row["kind"] == "baseline" else 2)
    assert str(Path.home()) not in json.dumps(row["provenance"])


def test_predictions_have_the_ids_and_labels_of_the_test_rows(reviews: Path) -> None:
    result = run(config(reviews, encoder="tfidf"))
    frame = result.predictions
    assert list(frame.columns) == ["id", "label", "tokens", "p_neg", "p_pos"]
    source = pd.read_csv(reviews)
    assert frame["label"].tolist() == source["label"][frame["id"]].tolist()
    accuracy = ((frame["p_pos"] > frame["p_neg"]) == (frame["label"] == "pos")).mean()
    assert accuracy == result.row.metrics["test"]["accuracy"]


def test_the_same_seed_gives_the_same_bits_alone_and_in_a_grid(reviews: Path, tmp_path: Path) -> None:
    """The grid runs two processes at once. Another seed gives another result."""
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nseeds: [1, 2]\nshared: {{hidden_dim: 8, embedding_dim: 12, epochs: 2}}\n"
        "models: [{encoder: lstm}, {encoder: cnn}, {encoder: tfidf}]\n",
        encoding="utf-8",
    )
    summary = run_experiment(grid, tmp_path / "out", workers=2)
    assert (summary.planned, summary.ran, summary.failed) == (5, 5, 0)
    rows = {(row.model, row.seed): row for row in read_rows(tmp_path / "out")}
    assert set(rows) == {("lstm", 1), ("lstm", 2), ("cnn", 1), ("cnn", 2), ("tfidf", 1)}
    for (label, seed), row in rows.items():
        alone = run(config(reviews, encoder=row.encoder, seed=seed), label).row
        assert alone.metrics == row.metrics
        assert alone.fingerprint == row.fingerprint
    assert rows["cnn", 1].metrics["test"]["log_loss"] != rows["cnn", 2].metrics["test"]["log_loss"]
    speeds = read_rows(tmp_path / "out", SpeedRow)
    assert sorted(row.model for row in speeds) == ["cnn", "lstm", "tfidf"]
    assert run_experiment(grid, tmp_path / "out").ran == 0


def test_texts_are_tokenised_once_for_runs_with_equal_settings(reviews: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = Tokenizer.encode

    def counted(self: Tokenizer, texts: Any, *how: Any) -> Any:
        encoded.append(len(texts))
        return encode(self, texts, *how)

    def metrics(**keys: Any) -> Any:
        encoded.clear()
        row = run(config(reviews, **{"encoder": "none", "epochs": 1} | keys)).row
        return row.metrics

    monkeypatch.setattr(Tokenizer, "encode", counted)
    first = metrics()
    assert sorted(encoded) == [1] * 8 + [8, 8, 8, 64], (
        "all splits; the test texts again for their speed, also one by one"
    )
    assert metrics() == first
    assert sorted(encoded) == [1] * 8 + [8], "the timed prediction tokenises each time"
    metrics(hidden_dim=9)
    assert sorted(encoded) == [1] * 8 + [8]
    metrics(max_tokens=3)
    assert sorted(encoded) == [1] * 8 + [8, 8, 8, 64]
    metrics(min_frequency=2)
    assert sorted(encoded) == [1] * 8 + [8, 8, 8, 64]
    reviews.write_text(reviews.read_text(encoding="utf-8").replace("good film", "fine film"), encoding="utf-8")
    assert metrics() != first
    assert 64 in encoded


def test_a_run_that_raises_an_error_has_a_failed_row_and_the_other_runs_continue(reviews: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nseeds: [1]\nshared: {{epochs: 1}}\n"
        "models: [{encoder: none, learning_rate: 1.0e+38, epochs: 3, clip_norm: 1.0e+30}, {encoder: tfidf}]\n",
        encoding="utf-8",
    )
    assert run_experiment(grid, tmp_path / "out", workers=1).failed == 1
    rows = {row.model: row for row in read_rows(tmp_path / "out")}
    assert rows["none"].status == "failed"
    assert "loss is" in rows["none"].error
    assert rows["tfidf"].status == "ok"


def test_rows_that_are_older_than_an_option_count_as_done(reviews: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nseeds: [1, 2, 3]\nshared: {{epochs: 1, hidden_dim: 8, embedding_dim: 12}}\n"
        "models: [{encoder: none}]\n",
        encoding="utf-8",
    )
    assert run_experiment(grid, tmp_path / "out", workers=1).ran == 3
    rows = []
    for before in read_rows(tmp_path / "out"):
        row = before.to_dict()
        del row["config"]["interaction"]  # as if this option were new
        row["fingerprint"] = f"before-{before.seed}"
        write_predictions(tmp_path / "out", row["fingerprint"], read_predictions(tmp_path / "out", before))
        rows.append(row)
    rows[1]["config"]["hidden_dim"] = 9  # another run
    rows[2]["provenance"]["revision"] = 0  # older than a fix that changes results
    (tmp_path / "out" / "runs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run_experiment(grid, tmp_path / "out", workers=1).ran == 2


def test_candidates_are_ranked(tmp_path: Path) -> None:
    rows = [
        {"text": f"what is {word}", "text_pair": answer, "group": f"q{number}", "label": int(answer.startswith("it"))}
        for number, word in enumerate(WORDS)
        for answer in (f"the {word} of old", f"it is {word} and {word}", "nobody knows")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "answers.csv", index=False)
    result = run(config(tmp_path / "answers.csv", encoder="abcnn", variant=2))
    test, frame = result.row.metrics["test"], result.predictions
    assert set(test) == {"accuracy", "macro_f1", "log_loss", "map", "mrr"}
    assert list(frame.columns) == ["id", "group", "label", "tokens", "p_0", "p_1"]
    ranks = [
        1 + int((group["p_1"] > group["p_1"][group["label"] == "1"].item()).sum())
        for _, group in frame.groupby("group")
    ]
    assert test["map"] == test["mrr"] == pytest.approx(sum(1 / rank for rank in ranks) / len(ranks))
    epochs = result.row.epochs
    best = max(epochs, key=lambda record: (record.validation_metric, -record.validation_loss))
    assert result.row.best_epoch == best.epoch
    assert best.validation_metric == pytest.approx(result.row.metrics["validation"]["map"])
