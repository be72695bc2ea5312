"""The inputs of runs: prepared once, shared by runs with equal settings, checked against the settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.commands import Cli

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.corpora import Corpus
from textclf.data.splits import Splits
from textclf.errors import ConfigurationError
from textclf.experiment.backends import processes
from textclf.experiment.backends.processes import Outcome
from textclf.experiment.grid import run_experiment
from textclf.experiment.preparation import Preparations, prepare

NOT_NEEDED = ("torch._dynamo", "sympy", "altair", "scipy", "sklearn", "datasets", "datasketch")


def config(reviews: Path, **keys: Any) -> RunConfig:
    return RunConfig.parse({"encoder": "none", "dataset": str(reviews), "embedding_dim": 3, "epochs": 1} | keys)


def vector_file(folder: Path) -> str:
    (folder / "vectors.txt").write_text("good 1 2 3\nbad 1 2 4\n", encoding="utf-8")
    return str(folder / "vectors.txt")


@pytest.fixture
def constructed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The class names of all `Corpus`, `Splits` and `Classifier` objects that this process constructs."""
    names: list[str] = []

    def count(kind: type) -> None:
        original: Any = kind.__init__

        def counted(self: Any, *values: Any, **named: Any) -> None:
            names.append(kind.__name__)
            original(self, *values, **named)

        monkeypatch.setattr(kind, "__init__", counted)

    for kind in (Corpus, Splits, Classifier):
        count(kind)
    return names


def test_a_run_makes_its_corpus_its_splits_and_its_classifier_once(cli: Cli, constructed: list[str]) -> None:
    options = ("train_rows=30", "test_rows=10", "epochs=1", "hidden_dim=4", "embedding_dim=4")
    done = cli("run", "--dataset", "tweets", "--encoder", "lstm", *(f"--set={option}" for option in options))
    assert done.returncode == 0, done.stderr
    assert sorted(constructed) == ["Classifier", "Corpus", "Splits"]


def test_an_experiment_loads_a_corpus_once_and_splits_it_once_for_each_split_setting(
    reviews: Path, tmp_path: Path, constructed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(work: Any, jobs: Any, *_: Any, **__: Any) -> list[Outcome]:
        return [Outcome(job, work(job)) for job in jobs]

    monkeypatch.setattr(processes, "outcomes", here)
    monkeypatch.setattr("textclf.experiment.grid.ExperimentProgress.end", lambda *_: None)
    file = tmp_path / "grid.yaml"
    models = "[{encoder: majority}, {encoder: tfidf}, {encoder: tfidf, train_rows: 30, name: less}]"
    file.write_text(f"datasets: [{{name: {reviews}, folds: 2}}]\nseeds: [1, 2]\nmodels: {models}\n", encoding="utf-8")
    assert run_experiment(file, tmp_path / "out").ran == 6
    assert sorted(constructed) == ["Corpus"] + ["Splits"] * 4, "two folds with all rows, two folds with 30 rows"


def test_runs_with_equal_settings_share_their_inputs(reviews: Path) -> None:
    preparations = Preparations()
    prepared = preparations.of(config(reviews, seed=1))
    assert preparations.of(config(reviews, seed=2, hidden_dim=7)) is prepared
    assert preparations.of(config(reviews, split_seed=1)).splits.test.texts != prepared.splits.test.texts
    assert preparations.of(config(reviews, train_rows=20)).splits.train.texts != prepared.splits.train.texts


def test_runs_with_and_without_vectors_share_their_splits(reviews: Path, tmp_path: Path) -> None:
    preparations, vectors = Preparations(), vector_file(tmp_path)
    without, with_vectors = (preparations.of(config(reviews, **keys)) for keys in ({}, {"vectors": vectors}))
    assert without.vectors is None
    assert with_vectors.vectors is preparations.of(config(reviews, vectors=vectors, split_seed=1)).vectors is not None
    assert with_vectors.splits is without.splits
    assert with_vectors.sha256 == without.sha256 + with_vectors.vectors.sha256


def test_settings_that_do_not_fit_the_inputs_are_refused(reviews: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="have 3 values; set embedding_dim to 3"):
        prepare(config(reviews, vectors=vector_file(tmp_path), embedding_dim=4))
    with pytest.raises(ConfigurationError, match=r"overlap_features: .* has no pairs of texts; leave it out"):
        prepare(config(reviews, overlap_features=True))
    pairs = reviews.read_text(encoding="utf-8").replace(",", ",a pair,").replace("text,a pair,", "text,text_pair,")
    reviews.write_text(pairs, encoding="utf-8")
    assert prepare(config(reviews, overlap_features=True)).pairs
    with pytest.raises(ConfigurationError, match="overlap_features: tfidf does not use them; leave it out"):
        prepare(RunConfig.parse({"encoder": "tfidf", "dataset": str(reviews), "overlap_features": True}))


def test_a_shared_preparation_checks_each_run(reviews: Path) -> None:
    preparations = Preparations()
    preparations.of(config(reviews))
    with pytest.raises(ConfigurationError, match="has no pairs of texts"):
        preparations.of(config(reviews, overlap_features=True))


def test_training_imports_nothing_that_it_does_not_need(reviews: Path) -> None:
    """Each of these imports takes about a second. The test needs a new process, because other tests import them.

    Only the training is checked: the metrics of the test split need scikit-learn.
    """
    arguments = ["run", "--dataset", str(reviews), "--encoder", "lstm", "--pooling", "attention", "--epochs", "1"]
    code = (
        "import sys; from textclf.cli import call, run\n"
        f"run._print_epoch = lambda *epoch: print(sorted({{*{NOT_NEEDED}}} & {{*sys.modules}}))\n"
        f"assert call({arguments}) == 0"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[]"
