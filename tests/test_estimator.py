"""`TextClassifier`: the interface of scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from textclf import TextClassifier
from textclf.errors import ConfigurationError, DataError, ModelFolderError, TextclfError

TEXTS = [f"{word} film number {number}" for number in range(45) for word in ("good", "bad")]
LABELS = ["pos", "neg"] * 45
SMALL = {"hidden_dim": 8, "embedding_dim": 12, "learning_rate": 0.02, "batch_size": 8, "epochs": 3}


def fitted(labels: list | np.ndarray = LABELS, **keywords: object) -> TextClassifier:
    return TextClassifier(**SMALL | keywords).fit(TEXTS, labels)


def test_a_fitted_model_predicts_and_scores() -> None:
    model = fitted()
    assert model.score(TEXTS, LABELS) == 1.0
    assert list(model.classes_) == ["neg", "pos"]
    probabilities = model.predict_proba(["a good one", "", "unseen"])
    assert probabilities.shape == (3, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert [record["epoch"] for record in model.history_] == [1, 2, 3][: len(model.history_)]


@pytest.mark.parametrize("labels", [[1, 0] * 45, [10, 9] * 45, [True, False] * 45, np.array([2.5, 1.5] * 45)])
def test_labels_keep_their_type_and_order(labels: list | np.ndarray, tmp_path: Path) -> None:
    model = fitted(labels)
    assert list(model.classes_) == sorted(set(np.asarray(labels).tolist()))
    assert model.predict(["good film"])[0] == labels[0]
    model.save(tmp_path)
    again = TextClassifier.load(tmp_path)
    assert again.classes_.dtype == model.classes_.dtype
    assert np.array_equal(again.classes_, model.classes_)


@pytest.mark.parametrize(
    "keys", [{}, {"encoder": "abcnn", "variant": 2}, {"encoder": "tfidf"}, {"encoder": "majority"}]
)
def test_a_loaded_model_has_the_same_predictions_and_options(keys: dict, tmp_path: Path) -> None:
    model = fitted(**keys)
    model.save(tmp_path / "model")
    again = TextClassifier.load(tmp_path / "model")
    assert np.array_equal(model.predict_proba(TEXTS), again.predict_proba(TEXTS))
    assert again.encoder == model.encoder
    assert again.fit(TEXTS, LABELS).score(TEXTS, LABELS) == model.score(TEXTS, LABELS)
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".safetensors"}, "never pickle"


def test_random_state_decides_the_result() -> None:
    first = fitted().predict_proba(TEXTS)
    assert np.array_equal(fitted().predict_proba(TEXTS), first)
    assert not np.array_equal(fitted(random_state=1).predict_proba(TEXTS), first)


def test_attention_weights_belong_to_tokens_and_sum_to_1() -> None:
    model = fitted()
    (tokens, weights), (empty, one) = model.attention_weights(["It's a GOOD film", " "])
    assert tokens == ["It", "'s", "a", "GOOD", "film"]
    assert weights.shape == (5,)
    assert weights.sum() == pytest.approx(1)
    assert len(empty) == 1
    assert one.tolist() == [1.0]
    with pytest.raises(TextclfError, match='"lstm" with these options has no attention weights'):
        fitted(pooling="max").attention_weights(["text"])
    with pytest.raises(TextclfError, match="no attention weights"):
        fitted(encoder="tfidf").attention_weights(["text"])


def test_clone_and_cross_validation_work() -> None:
    model = TextClassifier(encoder="none", score=None, **SMALL, **{"pooling": "attention", "pooling.query": "mean"})
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert copy.set_params(hidden_dim=9, score="dot").get_params()["hidden_dim"] == 9
    assert cross_val_score(copy, TEXTS, LABELS, cv=2).mean() > 0.8
    assert "TextClassifier" in repr(model)


def test_few_texts_have_no_validation_split() -> None:
    model = TextClassifier(**SMALL).fit(TEXTS[:20], LABELS[:20])
    assert [record["validation_metric"] for record in model.history_] == [None] * 3


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ([], [], "no texts"),
        (["a", "b"], ["x"], "2 texts but 1 labels"),
        (["a", "b"], ["x", "x"], "one class only"),
        (["a", "b"], ["x", None], "text 1 has no label"),
        (["a", 3], ["x", "y"], "text 1 is of type int"),
        (["a", ("b", "c")], ["x", "y"], "text 1: expected one text, like text 0"),
        ([("a", "b"), "c"], ["x", "y"], "text 1: expected a pair, like text 0"),
        ("a text", ["x"], "list of texts"),
    ],
)
def test_fit_refuses_wrong_texts_and_labels(texts: list, labels: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        TextClassifier(**SMALL).fit(texts, labels)


@pytest.mark.parametrize(
    "keys",
    [
        {"interaction": "cross_attention"},
        {"encoder": "abcnn", "variant": 3, "overlap_features": True},
        {"encoder": "hierarchical"},
        {"encoder": "tfidf"},
    ],
    ids=str,
)
def test_pairs_are_classified_saved_and_loaded(keys: dict, tmp_path: Path) -> None:
    words = ["cat", "dog", "hen", "cow", "pig"]
    pairs = [(f"a {one} here", f"the {other} there") for one in words for other in words for _ in range(4)]
    labels = ["same" if one.split()[1] == other.split()[1] else "other" for one, other in pairs]
    model = TextClassifier(**SMALL | keys).fit(pairs, labels)
    probabilities = model.predict_proba(pairs)
    assert probabilities.shape == (100, 2)
    model.save(tmp_path)
    assert np.array_equal(TextClassifier.load(tmp_path).predict_proba(pairs), probabilities)
    with pytest.raises(DataError, match="this model reads pairs of texts"):
        model.predict(["a text"])
    if keys.get("encoder") != "tfidf":
        (first, second), *_ = model.attention_weights(pairs[:3])
        assert [first[0], second[0]] == [["a", "cat", "here"], ["the", "cat", "there"]]
        assert first[1].sum() == pytest.approx(1)
        assert second[1].sum() == pytest.approx(1)


def test_a_model_of_single_texts_refuses_pairs() -> None:
    with pytest.raises(DataError, match="this model reads one text"):
        fitted().predict([("a", "b")])


def test_an_unfitted_model_an_unknown_option_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        TextClassifier().predict(["text"])
    with pytest.raises(ConfigurationError, match='did you mean "hidden_dim"'):
        TextClassifier(hiden_dim=3).fit(TEXTS, LABELS)
    with pytest.raises(ModelFolderError, match="missing"):
        TextClassifier.load(tmp_path)


@pytest.mark.parametrize("encoder", ["tfidf", "majority", "none"])
def test_a_class_with_one_text_has_a_column(encoder: str) -> None:
    """For every split seed, the only text of class b is in the training split, for encoders and for baselines."""
    texts = [f"alpha t{row} good" for row in range(40)] + [f"gamma t{row} bad" for row in range(40)] + ["beta lone"]
    labels = ["a"] * 40 + ["c"] * 40 + ["b"]
    for split_seed in range(11):
        model = TextClassifier(encoder=encoder, **SMALL | {"epochs": 1}, split_seed=split_seed).fit(texts, labels)
        assert model.predict_proba(texts).shape == (81, 3)
        if encoder == "tfidf":
            assert model.predict(["gamma t3 bad", "alpha t3 good"]).tolist() == ["c", "a"]
            assert model.predict_proba(["beta lone"])[0].argmax() == 1


def test_a_model_of_pairs_has_no_weights_for_single_texts() -> None:
    pairs = [("a good", "a film"), ("a bad", "a film")] * 4
    model = TextClassifier(**SMALL, interaction="siamese", pooling="attention").fit(pairs, ["x", "y"] * 4)
    with pytest.raises(DataError, match="this model reads pairs of texts"):
        model.attention_weights(["a text"])
