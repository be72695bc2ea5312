"""Types of texts and labels that `TextClassifier` accepts, and types that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from textclf import TextClassifier
from textclf.errors import TextclfError

TEXTS = ["a good film", "a bad film", "good plot", "bad plot"]
LABELS = ["pos", "neg", "pos", "neg"]

WRONG_TEXTS: dict[str, Any] = {
    "a frame": pd.DataFrame({"text": TEXTS}),
    "a frame of two columns": pd.DataFrame({"text": TEXTS, "label": LABELS}),
    "a dict": dict(zip(TEXTS, LABELS, strict=True)),
    "a set": set(TEXTS),
    "a generator": (text for text in TEXTS),
    "bytes": b"a good film",
    "a string": "a good film",
    "a number": 4,
    "nothing": None,
    "an array of 2 dimensions": np.array([TEXTS, TEXTS]).T,
    "an array of 0 dimensions": np.array("a good film"),
    "bytes inside": [text.encode() for text in TEXTS],
    "an array of bytes": np.array([text.encode() for text in TEXTS]),
    "None inside": [*TEXTS[:3], None],
    "numbers inside": [1, 2, 3, 4],
    "lists inside": [[text] for text in TEXTS],
    "ragged pairs": [("a", "b"), ("a", "b"), ("a", "b"), ("a",)],
    "triples": [("a", "b", "c")] * 4,
    "pairs beside texts": [("a", "b"), *TEXTS[1:]],
    "texts beside pairs": [*TEXTS[:3], ("a", "b")],
    "None in a pair": [("a", "b"), ("a", None)] * 2,
    "a series with NaN": pd.Series([*TEXTS[:3], np.nan], dtype=object),
    "strings with NA": pd.Series([*TEXTS[:3], pd.NA], dtype="string"),
    "a series of numbers": pd.Series([1.5, 2.5, 3.5, 4.5]),
    "an empty list": [],
    "an empty array": np.array([]),
    "an empty series": pd.Series([], dtype=object),
}
CALLS: dict[str, Callable[[TextClassifier, Any], Any]] = {
    "fit": lambda model, texts: model.fit(texts, LABELS),
    "predict": lambda model, texts: model.predict(texts),
    "predict_proba": lambda model, texts: model.predict_proba(texts),
    "attention_weights": lambda model, texts: model.attention_weights(texts),
    "score": lambda model, texts: model.score(texts, LABELS),
}


@pytest.fixture(scope="module")
def model() -> TextClassifier:
    return TextClassifier(encoder="none", pooling="attention", hidden_dim=4, embedding_dim=4, epochs=1).fit(
        TEXTS, LABELS
    )


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", WRONG_TEXTS)
def test_inputs_that_are_not_a_sequence_of_texts_are_refused(model: TextClassifier, call: str, name: str) -> None:
    before = model.predict_proba(TEXTS)
    with pytest.raises(ValueError, match="text") as error:
        CALLS[call](model, WRONG_TEXTS[name])
    assert isinstance(error.value, TextclfError), "a readable message of textclf"
    assert np.array_equal(model.predict_proba(TEXTS), before), "the fitted model does not change"


@pytest.mark.parametrize(
    "texts",
    [
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS, index=[7, 7, 1, 0]),
        pd.Series(TEXTS, dtype=object),
        pd.Series(TEXTS, dtype="category"),
        pd.Series(TEXTS).array,
        pd.Series(TEXTS).to_numpy(),
    ],
    ids=lambda texts: f"{type(texts).__name__} {getattr(texts, 'dtype', '')}",
)
def test_every_sequence_of_texts_is_read_as_a_list(model: TextClassifier, texts: Any) -> None:
    assert np.array_equal(model.predict_proba(texts), model.predict_proba(TEXTS))


def test_the_message_for_a_frame_names_its_columns(model: TextClassifier) -> None:
    with pytest.raises(ValueError, match=r"a DataFrame \(columns: text, label\); give one column"):
        model.predict(WRONG_TEXTS["a frame of two columns"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pd.date_range("2024-01-01", periods=2).to_series().repeat(2), "label 0 is of type Timestamp; give str"),
        (np.array(["2024-01-01", "2025-01-01"] * 2, dtype="datetime64[ns]"), "label 0 is of type datetime64"),
        ([date(2024, 1, 1), date(2025, 1, 1)] * 2, "label 0 is of type date"),
        ([("a",), ("b",)] * 2, "label 0 is of type tuple"),
        ([["a"], ["b"]] * 2, "label 0 is of type list"),
        ([b"a", b"b"] * 2, "label 0 is of type bytes"),
        ([1j, 2j] * 2, "label 0 is of type complex"),
        ([1, "a"] * 2, r"several types \(int, str\)"),
        ([1, 2.5] * 2, r"several types \(float, int\)"),
        ([True, 0] * 2, r"several types \(bool, int\)"),
        (["a", "a\0"] * 2, "cannot hold these labels"),
        ([-1, 2**63] * 2, "cannot hold these labels"),
        (["a", None] * 2, "text 1 has no label"),
        ([1.0, np.nan] * 2, "text 1 has no label"),
        (pd.Series(["a", pd.NA] * 2, dtype="string"), "text 1 has no label"),
        (["a", "b", "a"], "4 texts but 3 labels"),
        ("abab", "labels: got str"),
        ({"a", "b"}, "labels: got set"),
        (np.array([["a"], ["b"]] * 2), r"labels: got array of shape \(4, 1\)"),
        (pd.DataFrame({"label": LABELS}), "labels: a DataFrame"),
        (None, "labels: got NoneType"),
    ],
)
def test_labels_that_cannot_be_saved_are_refused(labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        TextClassifier(encoder="majority").fit(TEXTS, labels)
    assert isinstance(error.value, TextclfError)


@pytest.mark.parametrize(
    "labels",
    [
        ["pos", "neg"] * 2,
        ["é\ud800", "雪"] * 2,
        [1, -1] * 2,
        [10**30, 1] * 2,
        [True, False] * 2,
        [0.1, float("inf")] * 2,
        [0.0, 1.5, -0.0, 1.5],
        np.array([2.5, 1.5] * 2, dtype=np.float32),
        np.array([200, 1] * 2, dtype=np.uint8),
        [np.int64(3), np.int64(4)] * 2,
        pd.Series([2, 1] * 2, dtype="Int64"),
        pd.Series(["b", "a"] * 2, dtype="category"),
    ],
)
def test_accepted_labels_are_the_same_after_saving_and_loading(labels: Any, tmp_path: Path) -> None:
    model = TextClassifier(encoder="tfidf").fit(TEXTS, labels)
    model.save(tmp_path)
    again = TextClassifier.load(tmp_path)
    assert again.classes_.dtype == model.classes_.dtype
    assert again.classes_.tolist() == model.classes_.tolist() == sorted(set(labels))
    assert again.predict(TEXTS).tolist() == model.predict(TEXTS).tolist() == list(labels)


def test_a_failed_fit_does_not_change_the_fitted_model() -> None:
    model = TextClassifier(encoder="none", hidden_dim=4, epochs=1).fit(TEXTS, LABELS)
    before = model.predict_proba(TEXTS)
    with pytest.raises(TextclfError, match="not finite"):
        model.set_params(learning_rate=1e38).fit(TEXTS, ["x", "y", "z", "x"])
    assert model.classes_.tolist() == ["neg", "pos"]
    assert np.array_equal(model.predict_proba(TEXTS), before)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([("a", "b", "c")] * 4, "text 0: a tuple of 3; a pair is a tuple of 2 texts"),
        ([["a", "b"]] * 4, "text 0 is of type list, not a string; give a string, and a pair as a tuple"),
    ],
)
def test_the_message_for_a_wrong_pair_describes_a_pair(texts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextClassifier(encoder="tfidf").fit(texts, LABELS)


@pytest.mark.parametrize(
    ("keyword", "message"),
    [
        ({"train_rows": 3}, "train_rows: is for datasets, and fit takes texts"),
        ({"dataset": "tweets"}, "dataset: is for datasets, and fit takes texts"),
        ({"seed": 3}, "seed: is called random_state here"),
        ({"score": "dot", "pooling.score": "cosine"}, "pooling.score: given twice, as dot and as cosine"),
    ],
)
def test_a_keyword_without_effect_is_refused(keyword: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextClassifier(encoder="lstm", pooling="attention", **keyword).fit(TEXTS, LABELS)


def test_a_loaded_estimator_can_be_fitted_again_and_refuses_a_score_without_effect(tmp_path: Path) -> None:
    small: dict[str, Any] = {"hidden_dim": 4, "embedding_dim": 4, "epochs": 1}
    model = TextClassifier(encoder="lstm", pooling="attention", **small).fit(TEXTS, LABELS)
    model.save(tmp_path / "model")
    loaded = TextClassifier.load(tmp_path / "model")
    assert np.array_equal(loaded.fit(TEXTS, LABELS).predict_proba(TEXTS), model.predict_proba(TEXTS))
    with pytest.raises(ValueError, match="given twice"):
        loaded.set_params(score="dot").fit(TEXTS, LABELS)
