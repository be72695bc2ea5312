"""Training: which words a model knows, and which metric chooses its best epoch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from helpers.registering import registered

from textclf import TextClassifier
from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.errors import ConfigurationError
from textclf.metrics import METRICS
from textclf.metrics.metric import Metric
from textclf.training.fit import Fit

TRAINING = Examples.of(["b b rare", "b a a unknown"], ["x", "y"])
OTHERS = ["later b strange"]


@pytest.mark.parametrize("limit", [{"min_frequency": 2}, {"vocabulary_size": 4}])
@pytest.mark.parametrize(
    ("vocabulary", "words"), [("vectors", ["b", "a", "later", "rare"]), ("train", ["b", "a"])], ids=["vectors", "train"]
)
@pytest.mark.parametrize("cache_tokens", [False, True])
def test_the_vocabulary_vectors_also_has_rare_words_and_words_of_other_splits(
    tmp_path: Path, limit: dict[str, int], vocabulary: str, words: list[str], cache_tokens: bool
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\nb 1 2\nrare 3 4\nlater 5 6\nnowhere 7 8\n", encoding="utf-8")
    config = RunConfig.parse(
        {"encoder": "none", "vectors": str(path), "embedding_dim": 2, "vocabulary": vocabulary, **limit}
    )
    fit = Fit(config, TRAINING, None, ("x", "y"), other_texts=OTHERS, cache_tokens=cache_tokens)
    assert fit.tokenizer.vocabulary == ["[PAD]", "[UNK]", *words]


class DistanceTo(Metric):
    """|p - 0.6|, with the first row's probability p of the last class; lower is better."""

    title = "distance"
    higher_is_better = False
    percent = False

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        return abs(float(probabilities[0, -1]) - 0.6)


@pytest.fixture
def distance() -> Iterator[None]:
    with registered((METRICS, "distance", DistanceTo)):
        yield


SMALL = {"encoder": "none", "hidden_dim": 4, "embedding_dim": 4, "learning_rate": 0.05, "device": "cpu"}


@pytest.mark.usefixtures("distance")
def test_a_registered_metric_that_is_better_when_lower_chooses_the_epoch(reviews: Path) -> None:
    examples = Examples.of(["good film", "bad film"] * 20, ["pos", "neg"] * 20)
    config = RunConfig.parse(SMALL | {"select_by": "distance", "epochs": 8, "patience": None, "dropout": 0.0})
    fit = Fit(config, examples, examples, ("neg", "pos"))
    values = [record["validation_metric"] for record in fit]
    assert fit.best_epoch == 1 + values.index(min(values)) < len(values), "training goes past 0.6"
    probabilities = fit.model.predict_proba(examples)
    assert DistanceTo().value(np.zeros(40), probabilities) == min(values)


@pytest.mark.usefixtures("distance")
def test_a_row_and_the_command_line_show_the_metric_of_select_by(
    cli: Callable[..., CompletedProcess[str]], reviews: Path
) -> None:
    small = [word for key in ("hidden_dim", "embedding_dim") for word in ("--set", f"{key}=4")]
    flags = ("--dataset", reviews, "--encoder", "none", "--epochs", 2, *small, "--set", "select_by=distance")
    done = cli("run", *flags, "--json")
    row = json.loads(done.stdout)
    assert row["select_by"] == "distance"
    assert all(set(part) == {"accuracy", "macro_f1", "log_loss", "distance"} for part in row["metrics"].values())
    best = row["epochs"][row["best_epoch"] - 1]["validation_metric"]
    assert best == min(record["validation_metric"] for record in row["epochs"])
    assert best == row["metrics"]["validation"]["distance"]
    assert f"validation distance {row['epochs'][0]['validation_metric']:.4f}  " in done.stderr


def test_an_unknown_or_unsuitable_metric_is_refused_before_training(
    cli: Callable[..., CompletedProcess[str]], reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fit, "__iter__", lambda self: pytest.fail("training started"))
    flags = ("--dataset", reviews, "--encoder", "none", "--set")
    unknown, needs_groups = cli("run", *flags, "select_by=acuracy"), cli("run", *flags, "select_by=map")
    assert (unknown.returncode, needs_groups.returncode) == (2, 2)
    assert unknown.stderr == 'textclf: select_by: there is no metric "acuracy"; did you mean "accuracy"?\n'
    message = "textclf: select_by: map ranks the rows of each group, and the data have no groups;"
    assert needs_groups.stderr.startswith(message)
    with pytest.raises(ConfigurationError, match="select_by: map ranks the rows of each group"):
        TextClassifier(**SMALL, select_by="map").fit(["a", "b"], ["x", "y"])


def test_the_estimator_has_the_option_select_by() -> None:
    texts, labels = [f"{word} film {row}" for row in range(30) for word in ("good", "bad")], ["pos", "neg"] * 30
    model = TextClassifier(**SMALL, select_by="log_loss", epochs=2).fit(texts, labels)
    for record in model.history_:
        assert record["validation_metric"] == pytest.approx(record["validation_loss"])


def test_the_default_of_a_new_setting_does_not_change_the_fingerprint() -> None:
    config = RunConfig.parse({"encoder": "majority", "dataset": "tweets"})
    assert config.fingerprint("data") == "8f8d5e20e0ae1886", "the fingerprint before select_by was added"
    assert config.replace(select_by="log_loss").fingerprint("data") != config.fingerprint("data")
