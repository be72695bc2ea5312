"""Tasks by value, and a task with several labels that is registered at run time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import torch
from helpers.registering import registered
from torch import Tensor

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.errors import ConfigurationError
from textclf.experiment.execution import execute
from textclf.experiment.preparation import prepare
from textclf.metrics import METRICS
from textclf.metrics.metric import Metric
from textclf.results.predictions import arrays_of
from textclf.tasks import TASKS, deciding_metric, name_of_task, task_of
from textclf.tasks.task import Task
from textclf.training.fit import Fit
from textclf.training.model import Model

ROWS = Examples.of(["one", "two"], ["x", "y"])
RANKED = Examples(["one", "two"], ["x", "y"], np.arange(2), None, ["g", "g"])
ONE_CLASS = "predicts one class only"
BELOW = "test accuracy is lower than that of always predicting the most frequent class"


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_has_known_metrics_and_the_right_loss_of_a_guess(name: str) -> None:
    task = task_of(name)
    assert task.decides in task.metrics
    assert set(task.metrics) <= set(METRICS)
    targets = torch.from_numpy(task.targets(["b", "a"], ("a", "b", "c")))
    losses = task.loss(torch.zeros(2, 3), targets)
    assert losses.tolist() == pytest.approx([task.loss_of_a_guess(3)] * 2)


@pytest.mark.parametrize("name", ["single_label", "ranking"])
def test_targets_loss_and_predictions_by_hand(name: str) -> None:
    task, logits = task_of(name), np.log([[1.0, 3.0, 4.0], [2.0, 2.0, 1.0]])
    targets = task.targets(["c", "a"], ("a", "b", "c"))
    assert targets.tolist() == [2, 0]
    np.testing.assert_allclose(task.probabilities(logits), [[0.125, 0.375, 0.5], [0.4, 0.4, 0.2]])
    assert task.loss(torch.from_numpy(logits), torch.from_numpy(targets)).tolist() == pytest.approx(
        [-math.log(0.5), -math.log(0.4)]
    )
    assert task.predict(task.probabilities(logits), np.array([5, 6, 7])).tolist() == [7, 5], (
        "the first of equally probable classes is predicted"
    )


def test_the_task_fits_every_split() -> None:
    assert name_of_task(RANKED, RANKED) == "ranking"
    assert name_of_task(RANKED, ROWS) == name_of_task(ROWS) == "single_label"


def test_the_deciding_metric_comes_from_select_by_or_from_the_task() -> None:
    assert deciding_metric(None, "single_label", ROWS) == "accuracy"
    assert deciding_metric(None, "ranking", RANKED) == "map"
    assert deciding_metric("log_loss", "ranking", RANKED) == "log_loss"
    assert deciding_metric("mrr", "ranking", RANKED) == "mrr"
    with pytest.raises(
        ConfigurationError, match=r"select_by: mrr ranks .*no groups; choose another metric, such as accuracy"
    ):
        deciding_metric("mrr", "single_label", ROWS, RANKED)


@pytest.mark.parametrize(
    ("train", "test", "predicted", "expected"),
    [
        ("aaab", "aab", "aab", []),
        ("aaab", "aab", "aaa", [ONE_CLASS]),
        ("aaab", "aab", "bbb", [ONE_CLASS, BELOW]),
        ("aaab", "aab", "bab", []),  # as accurate as always choosing the most frequent class
        ("aaab", "aaab", "abbb", [BELOW]),
        ("aaab", "bbba", "baab", []),  # always choosing the most frequent training class is right once too
        ("aaab", "bbba", "abab", []),
        ("aaab", "aaa", "aaa", []),  # the test split has one class
        ("aabb", "aaab", "bbbb", [ONE_CLASS]),  # of two most frequent classes, the one with fewer test rows counts
        ("aabb", "aaab", "bbba", [BELOW]),
    ],
)
def test_doubtful_predictions_get_warnings(train: str, test: str, predicted: str, expected: list[str]) -> None:
    classes = sorted(set(train))
    probabilities = np.eye(len(classes))[[classes.index(label) for label in predicted]]
    single, ranking = task_of("single_label"), task_of("ranking")
    targets = [single.targets(labels, classes) for labels in (train, test)]
    assert single.warnings(*targets, probabilities) == expected
    assert ranking.warnings(*targets, probabilities) == []


class ExactMatch(Metric):
    """The fraction of rows whose classes are all predicted and no others."""

    title = "exact match"

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        return ((probabilities >= 0.5) == (labels == 1)).all(1).astype(float)


class SeveralLabels(Task):
    """Several labels a row: a sigmoid and binary cross-entropy for each class. Targets: ``(n, classes)``, 0 or 1."""

    metrics = ("exact_match",)
    decides = "exact_match"

    @classmethod
    def fits(cls, *splits: Examples) -> bool:
        return any("|" in label for examples in splits for label in examples.labels or ())

    def classes(self, labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted({name for label in labels for name in label.split("|")}))

    def targets(self, labels: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return np.array([[name in label.split("|") for name in classes] for label in labels], dtype=np.float32)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        targets = targets.to(logits.dtype)
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(1)

    def loss_of_a_guess(self, classes: int) -> float:
        return math.log(2)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-logits))

    def predict(self, probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
        labels = np.empty(len(probabilities), dtype=object)
        labels[:] = [tuple(classes[row >= 0.5].tolist()) for row in probabilities]
        return labels


@pytest.fixture
def several_labels() -> Iterator[None]:
    with registered((METRICS, "exact_match", ExactMatch), (TASKS, "several_labels", SeveralLabels)):
        yield


@pytest.mark.usefixtures("several_labels")
def test_a_task_with_several_labels_trains_predicts_and_is_saved(
    tmp_path: Path, cli: Callable[..., CompletedProcess[str]]
) -> None:
    words = {"funny": "film", "sad": "song"}
    rows = [("film song", "funny|sad"), ("film", "funny"), ("song", "sad")] * 20
    texts, labels = zip(*rows, strict=True)
    examples = Examples.of(texts, labels)
    keys = {"encoder": "none", "hidden_dim": 4, "embedding_dim": 8, "learning_rate": 0.05, "epochs": 12, "dropout": 0.0}
    fit = Fit(RunConfig.parse(keys), examples, examples, tuple(words))
    records = list(fit)
    assert fit.select_by == "exact_match"
    assert records[0]["train_loss"] == pytest.approx(math.log(2), abs=0.2)
    assert records[-1]["validation_metric"] == 1.0
    fit.model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    probabilities = loaded.predict_proba(Examples.of(["song", "song film"]))
    assert loaded.predict(probabilities).tolist() == [("sad",), ("funny", "sad")]
    both, printed = cli("predict", "model", "song film", "--json"), cli("predict", "model", "song film").stdout
    assert json.loads(both.stdout)[0]["label"] == ["funny", "sad"]
    assert printed.startswith("funny, sad\t")
    assert printed.count(", ") == 2, "a probability for each class"


@pytest.mark.usefixtures("several_labels")
def test_a_task_with_several_labels_is_run_from_a_file(tmp_path: Path) -> None:
    rows = [f"film song {n},funny|sad\nfilm {n},funny\nsong {n},sad\n" for n in range(30)]
    (tmp_path / "songs.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    keys = {
        "encoder": "none",
        "hidden_dim": 4,
        "embedding_dim": 8,
        "learning_rate": 0.05,
        "epochs": 12,
        "dropout": 0.0,
        "batch_size": 8,
    }
    config = RunConfig.parse(keys | {"dataset": str(tmp_path / "songs.csv")})
    prepared = prepare(config)
    assert prepared.splits.classes == ("funny", "sad")
    result = execute(config, prepared, "none")
    assert (result.row.task, result.row.select_by) == ("several_labels", "exact_match")
    assert result.row.metrics["test"] == {"exact_match": 1.0}
    labels, probabilities, _ = arrays_of(result.predictions, "several_labels")
    assert labels.shape == probabilities.shape == (len(prepared.splits.test), 2)
    assert set(map(tuple, labels.tolist())) == {(1, 1), (1, 0), (0, 1)}
