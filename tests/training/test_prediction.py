"""Prediction: its precision, and its threads."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
import torch
from sklearn.base import clone

from textclf import TextClassifier
from textclf.conformance.samples import classifier
from textclf.data.batching import Batches
from textclf.data.threads import on_threads
from textclf.data.tokens import Tokens
from textclf.errors import ConfigurationError
from textclf.training.prediction import predict_logits

Cli = Callable[..., subprocess.CompletedProcess[str]]
TEXTS = [f"{word} film number {number}" for number in range(30) for word in ("good", "bad")]
LABELS = ["pos", "neg"] * 30
SMALL = {"hidden_dim": 4, "embedding_dim": 6, "epochs": 1, "device": "cpu", "precision": "float32"}
ROUNDED = 0.02  # largest difference of a probability in bfloat16


def processor_with(bfloat16: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a processor with or without bfloat16; torch emulates bfloat16, so it runs on every machine."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: bfloat16)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("encoder", ["lstm", "gru", "self_attention", "cnn"])
def test_bfloat16_is_near_float32_and_not_equal(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(True, monkeypatch)
    model = TextClassifier(encoder=encoder, **SMALL).fit(TEXTS, LABELS)
    exact, weights = model.predict_proba(TEXTS), encoder == "lstm" and model.attention_weights(TEXTS[:1])[0][1]
    rounded = model.set_params(inference_precision="bfloat16").predict_proba(TEXTS)
    np.testing.assert_allclose(rounded, exact, atol=ROUNDED, rtol=0)
    assert not np.allclose(rounded, exact, atol=1e-6, rtol=0)
    assert np.array_equal(model.set_params(inference_precision="float32").predict_proba(TEXTS), exact)
    if encoder == "lstm":
        model.set_params(inference_precision="bfloat16")
        assert np.array_equal(model.attention_weights(TEXTS[:1])[0][1], weights), "weights stay float32"


def test_a_model_trained_in_bfloat16_predicts_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    processor_with(True, monkeypatch)
    model = TextClassifier(**SMALL | {"precision": "bfloat16"}).fit(TEXTS, LABELS)
    together = model.predict_proba(TEXTS)
    alone = np.concatenate([model.predict_proba([text]) for text in TEXTS[:5]])
    np.testing.assert_allclose(alone, together[:5], atol=1e-6, rtol=0)


def test_the_precision_is_a_parameter_and_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert TextClassifier().get_params()["inference_precision"] == "float32"
    processor_with(True, monkeypatch)
    model = clone(TextClassifier(**SMALL, inference_precision="bfloat16"))
    assert model.get_params()["inference_precision"] == "bfloat16"
    model.fit(TEXTS, LABELS).save(tmp_path / "model")
    loaded = TextClassifier.load(tmp_path / "model")
    assert loaded.get_params()["inference_precision"] == "float32"
    assert not np.array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))


@pytest.mark.parametrize(
    ("keys", "precision", "has", "message"),
    [
        ({}, "bfloat16", False, 'the device "cpu" here has no instructions for bfloat16; leave the precision out'),
        ({"encoder": "tfidf"}, "bfloat16", True, '"tfidf" predicts in float32 only'),
        ({}, "int8", True, 'there is no precision "int8" of prediction; known: bfloat16, float32'),
        ({}, "bfloat1", True, 'did you mean "bfloat16"'),
    ],
)
def test_an_unavailable_precision_is_refused_before_training_and_before_prediction(
    keys: dict[str, str], precision: str, has: bool, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor_with(has, monkeypatch)
    model = TextClassifier(**SMALL | keys)
    model.fit(TEXTS, LABELS)
    with pytest.raises(ConfigurationError, match=message):
        model.set_params(inference_precision=precision).predict(TEXTS)
    monkeypatch.delattr("textclf.estimator.Fit")
    with pytest.raises(ConfigurationError, match=message):
        model.fit(TEXTS, LABELS)


def test_the_command_line_predicts_in_the_chosen_precision(
    cli: Cli, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor_with(True, monkeypatch)
    small = ("--epochs", 1, "--set", "hidden_dim=4", "--set", "embedding_dim=4", "--set", "precision=float32")
    assert cli("run", "--dataset", reviews, "--encoder", "lstm", *small, "--save", "model").returncode == 0
    exact, same, rounded = (
        cli("predict", "model", "--input", reviews, "--json", *flags).stdout
        for flags in ((), ("--precision", "float32"), ("--precision", "bfloat16"))
    )
    assert exact == same != rounded != ""
    processor_with(False, monkeypatch)
    refused = cli("predict", "model", "a text", "--precision", "bfloat16")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no instructions for bfloat16" in refused.stderr
    assert "Traceback" not in refused.stderr


def batches(lengths: list[int], device: str = "cpu") -> Batches:
    ids = np.random.default_rng(0).integers(1, 23, sum(lengths)).astype(np.int32)
    return Batches(Tokens(ids, np.cumsum([0, *lengths])), None, batch_size=4, device=device)


@pytest.mark.usefixtures("two_threads")
def test_two_threads_predict_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model, texts = classifier({"encoder": "lstm"}), batches([3, 17, 1, 9, 2, 5, 5, 8, 11])
    first, second = predict_logits(model, texts), predict_logits(model, texts)
    monkeypatch.setattr("textclf.training.prediction.on_threads", lambda function, items: list(map(function, items)))
    np.testing.assert_allclose(first, predict_logits(model, texts), atol=1e-5, rtol=0)
    assert np.array_equal(first, second)
    assert not np.allclose(first, first[::-1], atol=1e-5, rtol=0)


@pytest.mark.usefixtures("two_threads")
def test_work_on_threads_keeps_its_order_and_the_callers_number_of_threads() -> None:
    caller = get_ident()
    results = on_threads(lambda item: (item, torch.get_num_threads(), get_ident() == caller), range(9))
    assert results == [(item, 1, False) for item in range(9)]
    assert torch.get_num_threads() == 2
    assert on_threads(lambda item: get_ident() == caller, range(1)) == [True], "one item needs no thread"
    with pytest.raises(ZeroDivisionError):
        on_threads(lambda item: 1 / item, range(3))
    assert torch.get_num_threads() == 2


def test_a_batch_of_long_texts_has_fewer_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.data.batching.MOST_WORDS", 20)
    lengths = [30, 1, 2, 3, 4, 5, 9, 10, 10]
    parts = [[lengths[row] for row in rows] for rows, _ in batches(lengths).parts()]
    assert parts == [[1, 2, 3, 4], [5, 9], [10, 10], [30]]
    elsewhere = [[lengths[row] for row in rows] for rows, _ in batches(lengths, device="meta").parts()]
    assert elsewhere == [[1, 2, 3, 4], [5, 9, 10, 10], [30]]
