"""Every baseline keeps the contract; one that is registered at run time is used like the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from helpers.registering import registered

from textclf import TextClassifier
from textclf.config import RunConfig
from textclf.encoders.baselines import BASELINES
from textclf.encoders.baselines.baseline import Baseline
from textclf.errors import DataError, ModelFolderError, TrainingError
from textclf.experiment.execution import execute
from textclf.experiment.preparation import prepare
from textclf.registry import PartOptions

TEXTS = ["alpha good", "alpha fine", "gamma bad", "gamma poor"]


@pytest.mark.parametrize("name", list(BASELINES))
@pytest.mark.parametrize("seen", [[1, 3], [0, 2, 4], [2]], ids=str)
@pytest.mark.parametrize("columns", [[TEXTS], [TEXTS, TEXTS[::-1]]], ids=["texts", "pairs"])
def test_probabilities_of_all_classes_sum_to_1_and_the_restored_state_predicts_the_same(
    name: str, seen: list[int], columns: list[list[str]]
) -> None:
    labels = np.array([seen[row * len(seen) // len(TEXTS)] for row in range(len(TEXTS))])
    baseline = BASELINES.build(name, 5)
    assert isinstance(baseline, Baseline)
    assert baseline.fit(labels, *columns) is baseline
    probabilities = baseline.predict_proba(*columns)
    assert probabilities.shape == (4, 5)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    unseen = [column for column in range(5) if column not in seen]
    assert not probabilities[:, unseen].any(), "a class without a training row has probability 0"
    assert probabilities[:, seen].min() > 0
    alone = [baseline.predict_proba(*([column[row]] for column in columns))[0] for row in range(4)]
    np.testing.assert_allclose(alone, probabilities, atol=1e-12, rtol=0)
    if baseline.reads_texts:
        assert probabilities.argmax(1).tolist() == labels.tolist()
    else:
        assert (probabilities == probabilities[0]).all()
    again = BASELINES.build(name, 5).fit(labels, *columns)
    assert np.array_equal(again.predict_proba(*columns), probabilities), "the same split gives the same baseline"
    arrays, values = baseline.state()
    assert {array.dtype.itemsize for array in arrays.values()} <= {8}
    restored = BASELINES.build(name, 5).restore(arrays, json.loads(json.dumps(values)))
    assert np.array_equal(restored.predict_proba(*columns), probabilities)
    assert restored.parameters() == baseline.parameters() > 0


@pytest.mark.parametrize("name", list(BASELINES))
def test_a_state_of_other_classes_is_refused(name: str) -> None:
    state = BASELINES.build(name, 5).fit(np.array([0, 1, 2, 4]), TEXTS).state()
    with pytest.raises(ValueError, match="classes"):
        BASELINES.build(name, 3).restore(*state)


def test_texts_without_a_word_are_refused_by_tfidf() -> None:
    with pytest.raises(DataError, match="no training text has a word"):
        BASELINES.build("tfidf", 2).fit(np.array([0, 1]), ["  ", ""])


class Keyword(Baseline):
    """The class frequencies of training texts with the keyword, and of those without it."""

    class Options(PartOptions):
        keyword: str = "good"

    def __init__(self, classes: int, keyword: str) -> None:
        super().__init__(classes)
        self.keyword, self.frequencies = keyword, np.zeros((2, classes))

    def _rows(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([int(self.keyword in text) for text in texts])

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Keyword:
        np.add.at(self.frequencies, (self._rows(columns[0]), labels), 1)
        self.frequencies /= self.frequencies.sum(1, keepdims=True)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        return self.frequencies[self._rows(columns[0])]

    def parameters(self) -> int:
        return self.frequencies.size

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"frequencies": self.frequencies}, {}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Keyword:
        if arrays["frequencies"].shape != (2, self.classes):
            raise ValueError("frequencies of other classes")
        self.frequencies = arrays["frequencies"]
        return self


@pytest.fixture
def keyword() -> Iterator[None]:
    with registered((BASELINES, "keyword", Keyword)):
        yield


@pytest.mark.usefixtures("keyword")
def test_a_baseline_that_is_registered_at_run_time_is_run_saved_and_loaded(
    cli: Callable[..., CompletedProcess[str]], reviews: Path, tmp_path: Path
) -> None:
    done = cli("run", "--dataset", reviews, "--encoder", "keyword", "--json", "--save", "model")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert [row[key] for key in ("kind", "encoder", "model", "epochs", "best_epoch")] == [
        "baseline",
        "keyword",
        "keyword",
        [],
        0,
    ]
    parameters = {"total": 4, "embedding": 0, "encoder": 0, "classifier": 4, "pretrained": 0, "trained": 4}
    assert row["parameters"] == parameters
    assert row["metrics"]["test"]["accuracy"] == 1.0
    assert json.loads(cli("predict", "model", "good", "--json").stdout)[0]["probabilities"] == {"neg": 0.0, "pos": 1.0}
    described = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert (described["config"]["encoder"], described["task"]) == ("keyword", "single_label")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keyword, "restore", lambda self, arrays, values: arrays["other"])
        with pytest.raises(ModelFolderError, match=r"model\.safetensors: damaged"):
            TextClassifier.load(tmp_path / "model")


@pytest.mark.usefixtures("keyword")
@pytest.mark.parametrize(("reads_texts", "warned"), [(True, True), (False, False)])
def test_a_baseline_that_does_not_read_texts_gets_no_warning(
    reviews: Path, reads_texts: bool, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyword, "reads_texts", reads_texts)
    keys = {"dataset": str(reviews), "encoder": "keyword", "keyword": " "}
    config = RunConfig.parse(keys)
    monkeypatch.setattr(Keyword, "_rows", lambda self, texts: np.zeros(len(texts), int))
    monkeypatch.setattr(Keyword, "fit", lambda self, labels, *columns: self.frequencies.__setitem__(..., [0.6, 0.4]))
    assert bool(execute(config, prepare(config), "label").row.warnings) == warned


@pytest.mark.usefixtures("keyword")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.full((1, 3), 1 / 3), r'baseline "keyword": predict_proba returned an array \(1, 3\), not \(4, 2\)'),
        (np.full((4, 2), np.nan), 'baseline "keyword": its probabilities are not finite'),
    ],
)
def test_the_error_names_a_baseline_that_breaks_the_contract(
    wrong: np.ndarray, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyword, "predict_proba", lambda self, *columns: wrong)
    with pytest.raises(TrainingError, match=message):
        TextClassifier(encoder="keyword").fit(TEXTS, ["x", "x", "y", "y"])
