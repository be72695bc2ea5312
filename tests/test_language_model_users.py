"""A language model through `TextClassifier`: fit, predict, attention weights, save and load."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from textclf import TextClassifier
from textclf.errors import ConfigurationError, ModelFolderError

TEXTS = [f"a {word} {about} number {n}" for n in range(6) for about in ("film", "plot") for word in ("good", "bad")]
LABELS = ["pos", "neg"] * 12
PAIRS = [(text, f"the {text.split()[2]} acted") for text in TEXTS]
SMALL = {"encoder": "transformer", "pooling": "attention", "max_tokens": 12, "epochs": 2, "precision": "float32"}


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the language model, which a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "language_model"))


def _fitted(folder: Path, texts: list[Any] = TEXTS, **keywords: Any) -> TextClassifier:
    return TextClassifier(**SMALL | {"model": str(folder)} | keywords).fit(texts, LABELS)


def test_predictions_are_labels_and_probabilities_sum_to_1(tiny_model: Path) -> None:
    model = _fitted(tiny_model)
    assert set(model.predict(TEXTS)) <= {"pos", "neg"}
    assert model.predict_proba(TEXTS).sum(1) == pytest.approx(1)


@pytest.mark.parametrize("special_tokens", [True, False])
def test_attention_weights_are_those_of_the_words_as_written(tiny_model: Path, special_tokens: bool) -> None:
    model = _fitted(tiny_model, special_tokens=special_tokens)
    (words, weights), (short, of_short) = model.attention_weights(["Good actors acted", "film"])
    written = [word for word in words if word not in ("[CLS]", "[SEP]")]
    assert written == ["Good", "actors", "acted"]
    assert [word for word in short if word not in ("[CLS]", "[SEP]")] == ["film"]
    assert len(words) == len(weights)
    assert len(short) == len(of_short)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert of_short.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("special_tokens", "total"), [(True, 7), (False, 5)])
def test_the_weights_of_a_words_subwords_are_added_up(tiny_model: Path, special_tokens: bool, total: int) -> None:
    """With scores of 0, every subword has the same weight: a word of two subwords has twice that of one."""
    model = _fitted(tiny_model, special_tokens=special_tokens)
    for parameter in model.model_.classifier.encoder.pooling.parameters():
        parameter.data.zero_()
    words, weights = model.attention_weights(["good actors acted"])[0]
    assert words == ["[CLS]", "good", "actors", "acted", "[SEP]"]
    of_special = int(special_tokens)
    assert weights * total == pytest.approx([of_special, 1, 2, 2, of_special])


def test_a_saved_head_has_no_weights_of_a_frozen_language_model(tiny_model: Path, tmp_path: Path) -> None:
    model = _fitted(tiny_model)
    model.save(tmp_path / "saved")
    names = load_file(tmp_path / "saved" / "model.safetensors")
    assert not [name for name in names if "network" in name]
    size = (tmp_path / "saved" / "model.safetensors").stat().st_size
    assert size < (tiny_model / "model.safetensors").stat().st_size / 4
    loaded = TextClassifier.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)


def test_a_saved_head_refuses_a_language_model_with_other_weights(copied: Path, tmp_path: Path) -> None:
    _fitted(copied).save(tmp_path / "saved")
    weights = load_file(copied / "model.safetensors")
    save_file({name: value + 1 for name, value in weights.items()}, copied / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelFolderError, match="has changed since this model was saved"):
        TextClassifier.load(tmp_path / "saved")


def test_a_saved_head_needs_its_language_model_where_it_was(copied: Path, tmp_path: Path) -> None:
    _fitted(copied).save(tmp_path / "saved")
    copied.rename(tmp_path / "moved")
    with pytest.raises(ConfigurationError, match=r"no folder .*language_model"):
        TextClassifier.load(tmp_path / "saved")


def test_a_fine_tuned_language_model_is_saved_with_the_head(copied: Path, tmp_path: Path) -> None:
    model = _fitted(copied, train="full", transformer_learning_rate=0.01)
    before = load_file(copied / "model.safetensors")["embeddings.word_embeddings.weight"]
    model.save(tmp_path / "saved")
    shutil.rmtree(copied)
    loaded = TextClassifier.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)
    after = load_file(tmp_path / "saved" / "model.safetensors")
    trained = next(value for name, value in after.items() if name.endswith("word_embeddings.weight"))
    assert np.abs(trained - before).max() > 1e-3  # training has changed it


@pytest.mark.parametrize("keywords", [{"pooling": "first"}, {"layer": "mix"}, {"then": "lstm"}, {"layer": 0}])
def test_a_loaded_model_has_the_same_probabilities(tiny_model: Path, tmp_path: Path, keywords: dict[str, Any]) -> None:
    model = _fitted(tiny_model, **keywords)
    model.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)


@pytest.mark.parametrize("joint", [False, True])
def test_pairs_are_predicted_saved_and_explained(tiny_model: Path, tmp_path: Path, joint: bool) -> None:
    model = _fitted(tiny_model, PAIRS, joint=joint)
    model.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.predict_proba(PAIRS), model.predict_proba(PAIRS), atol=1e-6)
    of_pair = model.attention_weights([("good actors", "bad film")])[0]
    sides = [of_pair] if joint else list(of_pair)
    written = [[word for word in words if word not in ("[CLS]", "[SEP]")] for words, _ in sides]
    assert written == ([["good", "actors", "bad", "film"]] if joint else [["good", "actors"], ["bad", "film"]])
    assert [weights.sum() for _, weights in sides] == pytest.approx([1] * len(sides), abs=1e-6)


def test_joint_needs_pairs(tiny_model: Path) -> None:
    with pytest.raises(ConfigurationError, match="joint: needs pairs of texts"):
        _fitted(tiny_model, joint=True)
