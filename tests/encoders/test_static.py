"""The baseline static: its features by hand, its state, and what a row says about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.commands import Cli, refused
from helpers.static_tables import VECTORS, write_table
from sklearn.linear_model import LogisticRegression

from textclf import TextClassifier
from textclf.config import RunConfig
from textclf.encoders.baselines import BASELINES
from textclf.encoders.baselines.static import Static
from textclf.errors import DataError, ModelFolderError
from textclf.experiment.preparation import prepare

TEXTS = ["good film", "good plot", "good zebra", "bad film", "bad plot", "bad"]
OTHERS = ["bad", "film", "plot", "good", "film", "plot good"]
LABELS = np.array([0, 0, 0, 1, 1, 1])
GOOD, BAD, FILM, PLOT = VECTORS[1:].astype(float)
MEANS = np.array([(GOOD + FILM) / 2, (GOOD + PLOT) / 2, GOOD, (BAD + FILM) / 2, (BAD + PLOT) / 2, BAD])
OTHER_MEANS = np.array([BAD, FILM, PLOT, GOOD, FILM, (PLOT + GOOD) / 2])


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(write_table(tmp_path / "table"))


def fitted(table: str, *columns: Sequence[str], **options: Any) -> Static:
    return BASELINES.build(BASELINES.options("static", {"model": table, **options}), 2).fit(LABELS, *columns)


def reference(features: np.ndarray, inverse_regularisation: float) -> np.ndarray:
    standard = (features - features.mean(0)) / features.std(0)
    regression = LogisticRegression(C=inverse_regularisation, max_iter=1000).fit(standard, LABELS)
    return regression.predict_proba(standard)


def test_probabilities_are_those_of_a_regression_on_the_standardised_mean_vectors(table: str) -> None:
    probabilities = fitted(table, TEXTS, inverse_regularisation=2.0).predict_proba(TEXTS)
    np.testing.assert_allclose(probabilities, reference(MEANS, 2.0), atol=1e-9, rtol=0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(probabilities, reference(MEANS, 2.01), atol=1e-9, rtol=0)


def test_a_pair_has_both_vectors_their_difference_and_their_product(table: str) -> None:
    probabilities = fitted(table, TEXTS, OTHERS, inverse_regularisation=2.0).predict_proba(TEXTS, OTHERS)
    parts = [MEANS, OTHER_MEANS, abs(MEANS - OTHER_MEANS), MEANS * OTHER_MEANS]
    np.testing.assert_allclose(probabilities, reference(np.hstack(parts), 2.0), atol=1e-9, rtol=0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(probabilities, reference(np.hstack(parts[:2]), 2.0), atol=1e-9, rtol=0)


def test_inverse_frequency_weights_a_token_by_its_share_of_the_training_tokens(table: str) -> None:
    # 10 known tokens: good and bad three times each, film and plot twice each
    common, rare = 0.001 / (0.001 + 0.3), 0.001 / (0.001 + 0.2)
    good, bad, film, plot = GOOD * common, BAD * common, FILM * rare, PLOT * rare
    means = np.array([(good + film) / 2, (good + plot) / 2, good, (bad + film) / 2, (bad + plot) / 2, bad])
    baseline = fitted(table, TEXTS, weighting="inverse_frequency", inverse_regularisation=2.0)
    np.testing.assert_allclose(baseline.predict_proba(TEXTS), reference(means, 2.0), atol=1e-9, rtol=0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(baseline.predict_proba(TEXTS), reference(MEANS, 2.0), atol=1e-9, rtol=0)


def test_parameters_are_the_learned_numbers_without_the_table(table: str) -> None:
    assert fitted(table, TEXTS).parameters() == 3 + 1
    assert fitted(table, TEXTS, OTHERS).parameters() == 4 * 3 + 1
    assert fitted(table, TEXTS, weighting="inverse_frequency").parameters() == 3 + 1 + 4


def test_texts_without_a_known_token_are_refused_in_training_and_allowed_in_prediction(table: str) -> None:
    with pytest.raises(DataError, match="static: no training text has a token of"):
        fitted(table, ["zebra"] * 6)
    baseline = fitted(table, TEXTS)
    np.testing.assert_array_equal(baseline.predict_proba(["zebra"]), baseline.predict_proba([""]))


@pytest.mark.parametrize("weighting", ["none", "inverse_frequency"])
def test_a_state_predicts_the_same_and_is_refused_with_another_table(
    table: str, tmp_path: Path, weighting: str
) -> None:
    baseline = fitted(table, TEXTS, weighting=weighting)
    arrays, values = baseline.state()
    assert values == {"table": table, "sha256": Static.files_sha256(BASELINES.options("static", {"model": table}))}
    assert sum(array.size for array in arrays.values()) < 20, "the table is not part of the state"
    options = BASELINES.options("static", {"model": table, "weighting": weighting})
    restored = BASELINES.build(options, 2).restore(arrays, values)
    assert np.array_equal(restored.predict_proba(OTHERS), baseline.predict_proba(OTHERS))
    write_table(Path(table), VECTORS + 1)
    with pytest.raises(ValueError, match="is not the one of the training: its checksum is"):
        BASELINES.build(options, 2).restore(arrays, values)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("tokens", np.array([1, 2, 3, 99])),
        ("tokens", np.array([1, 2, 2, 4])),
        ("weights", np.zeros(3)),
        ("coefficients", np.zeros((1, 4))),
        ("intercepts", np.zeros(2)),
        ("seen", np.array([0, 5])),
    ],
)
def test_a_damaged_state_is_refused(table: str, name: str, array: np.ndarray) -> None:
    baseline = fitted(table, TEXTS, weighting="inverse_frequency")
    arrays, values = baseline.state()
    with pytest.raises(ValueError, match=r"do not fit|are not among"):
        baseline.restore(arrays | {name: array}, values)


def test_a_model_is_saved_without_the_table_and_not_loaded_with_another(table: str, tmp_path: Path) -> None:
    options = {"model": table, "inverse_regularisation": 5.0}
    model = TextClassifier(encoder="static", **options).fit(TEXTS * 2, ["x", "x", "x", "y", "y", "y"] * 2)
    model.save(tmp_path / "saved")
    assert np.array_equal(TextClassifier.load(tmp_path / "saved").predict_proba(TEXTS), model.predict_proba(TEXTS))
    write_table(Path(table), VECTORS * 2)
    with pytest.raises(ModelFolderError, match="is not the one of the training"):
        TextClassifier.load(tmp_path / "saved")


def test_the_hash_of_the_data_covers_the_table(table: str, reviews: Path) -> None:
    def sha256(**keys: Any) -> str:
        return prepare(RunConfig.parse({"dataset": str(reviews), **keys})).sha256

    without, before = sha256(encoder="tfidf"), sha256(encoder="static", model=table)
    write_table(Path(table), VECTORS * 2)
    after = sha256(encoder="static", model=table)
    assert sha256(encoder="tfidf") == without
    assert len({without, before, after}) == 3
    assert before.startswith(without)


def test_a_baseline_says_what_is_pretrained() -> None:
    models = {"wordllama": "wordllama vectors", "hub:a/b": "hub:a/b vectors", "some/where/potion": "potion vectors"}
    for model, words in models.items():
        assert Static.pretrained(BASELINES.options("static", {"model": model})) == words
    assert BASELINES["tfidf"].pretrained(BASELINES.options("tfidf")) is None


def test_a_run_of_static_needs_no_option(cli: Cli, reviews: Path, tmp_path: Path) -> None:
    row = json.loads(cli("run", "--dataset", reviews, "--encoder", "static", "--json").stdout)
    assert row["metrics"]["test"]["accuracy"] == 1.0
    assert (row["parameters"]["trained"], row["parameters"]["pretrained"]) == (256 + 1, 32_000 * 256)
    assert row["pretrained"] == "wordllama vectors"
    message = refused(cli, tmp_path, "run", "--dataset", reviews, "--encoder", "static", "--set", "weighting=idf")
    assert "weighting: " in message
    assert "inverse_frequency" in message
