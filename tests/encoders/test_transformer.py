"""The transformer: against the library transformers and a plain loop; saved, loaded, fine-tuned, on pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textclf import TextClassifier
from textclf.config import RunConfig
from textclf.data.batching import TextBatch
from textclf.data.subwords import SubwordTokenizer
from textclf.errors import ConfigurationError, TextclfError
from textclf.training.building import build_classifier

TOLERANCE = 1e-5
TEXTS, LABELS = ["a good film", "a bad plot", "good good", "bad film"] * 4, ["x", "y", "x", "y"] * 4
PAIRS = [(text, "a film") for text in TEXTS]


def classifier(model: Path, pairs: bool = False, **options: Any) -> Any:
    config = RunConfig.parse(
        {"encoder": "transformer", "model": str(model), "max_tokens": 20, "dropout": 0.0, **options}
    )
    torch.manual_seed(0)
    return build_classifier(config, torch.zeros(0, 100), 2, pairs).eval()


def batch_of(model: Path, texts: list[str]) -> TextBatch:
    rows = [torch.tensor(row) for row in _ids(model, texts)]
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return TextBatch(tokens, torch.arange(tokens.shape[1]) < torch.tensor([[len(row)] for row in rows]))


def _ids(model: Path, texts: list[str]) -> list[list[int]]:
    tokens = SubwordTokenizer.load(model / "tokenizer.json").encode(texts, 20)
    return [row.tolist() for row in np.split(tokens.ids, tokens.offsets[1:-1])]


def library_states(model: Path, text: str) -> tuple[torch.Tensor, ...]:
    from transformers import AutoModel

    body = AutoModel.from_pretrained(model).eval()
    with torch.no_grad():
        return body(torch.tensor(_ids(model, [text])), output_hidden_states=True).hidden_states


@torch.no_grad()
@pytest.mark.parametrize("layer", [-1, 0, 1])
@pytest.mark.parametrize("special_tokens", [True, False])
def test_the_mean_of_a_layer_equals_that_of_the_library(tiny_model: Path, layer: int, special_tokens: bool) -> None:
    encoder = classifier(tiny_model, layer=layer, special_tokens=special_tokens, pooling="mean").encoder
    texts = ["a good film", "bad"]
    for text, vector in zip(texts, encoder(batch_of(tiny_model, texts)).vector, strict=True):
        states = library_states(tiny_model, text)[layer][0]
        expected = (states if special_tokens else states[1:-1]).mean(0)
        assert (vector - expected).abs().max() < TOLERANCE
        assert (vector - (states[1:-1] if special_tokens else states).mean(0)).abs().max() > 100 * TOLERANCE


@torch.no_grad()
def test_first_is_the_state_of_the_special_token(tiny_model: Path) -> None:
    encoder = classifier(tiny_model, pooling="first").encoder
    expected = library_states(tiny_model, "a good film")[-1][0, 0]
    assert (encoder(batch_of(tiny_model, ["a good film"])).vector[0] - expected).abs().max() < TOLERANCE


def test_only_a_language_model_that_is_trained_is_a_part_of_the_classifier(tiny_model: Path) -> None:
    frozen, full = (classifier(tiny_model, train=train) for train in ("none", "full"))
    assert not list(frozen.encoder.embedding.parameters())
    counts, full_counts = frozen.count_parameters(), full.count_parameters()
    assert counts["pretrained"] == full_counts["pretrained"] == sum(p.numel() for p in full.encoder.parameters())
    assert full_counts["trained"] - counts["trained"] == counts["pretrained"]


def test_the_weights_of_the_layers_learn_at_the_ordinary_rate(tiny_model: Path) -> None:
    words = classifier(tiny_model, layer="mix", train="full").encoder.embedding
    scheduled = {id(parameter) for parameter in words.scheduled_parameters()}
    others = [name for name, parameter in words.named_parameters() if id(parameter) not in scheduled]
    assert sorted(others) == ["mixed", "scale"]


@pytest.mark.parametrize("options", [{}, {"train": "full"}, {"then": "lstm"}, {"layer": "mix"}], ids=str)
def test_a_saved_model_predicts_the_same(tiny_model: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    keys = {"max_tokens": 20, "hidden_dim": 4, "epochs": 1, "model": str(tiny_model)} | options
    model = TextClassifier(encoder="transformer", pooling="attention", **keys).fit(TEXTS, LABELS)
    words, weights = model.attention_weights(["good  film"])[0]
    assert words == ["good", "film"] or words[1:-1] == ["good", "film"]
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    model.save(tmp_path / "saved")
    loaded = TextClassifier.load(tmp_path / "saved")
    assert np.abs(loaded.predict_proba(TEXTS) - model.predict_proba(TEXTS)).max() < 1e-6


def test_weights_of_a_joint_pair_belong_to_its_words(tiny_model: Path) -> None:
    keys = {"max_tokens": 10, "hidden_dim": 4, "epochs": 1, "model": str(tiny_model), "joint": True}
    model = TextClassifier(encoder="transformer", pooling="attention", **keys).fit(PAIRS, LABELS)
    words, weights = model.attention_weights([("good films", "films")])[0]
    assert words == ["[CLS]", "good", "films", "[SEP]", "films", "[SEP]"]
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert (weights > 0).tolist() == [False, True, True, False, True, False], "special tokens are left out"


@pytest.mark.parametrize("options", [{}, {"joint": True}, {"interaction": "cross_attention"}], ids=str)
def test_pairs_are_read(tiny_model: Path, options: dict[str, Any]) -> None:
    keys = {"max_tokens": 10, "hidden_dim": 4, "epochs": 1, "model": str(tiny_model)} | options
    model = TextClassifier(encoder="transformer", pooling="attention", **keys).fit(PAIRS, LABELS)
    assert model.predict_proba(PAIRS).shape == (16, 2)
    assert model.attention_weights(PAIRS[:2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": 9}, "layer: 9, but"),
        ({"layer": "last"}, "layer: expected the number of a layer, or mix, not"),
        ({"layer": True}, "layer: expected the number of a layer, or mix, not"),
        ({"then": "abcnn"}, 'then: there is no contextualiser "abcnn"'),
        ({"joint": True}, "joint: needs pairs of texts"),
        ({"max_tokens": 99}, "max_tokens: 99, but"),
        ({"model": "nowhere"}, "model: "),
    ],
    ids=str,
)
def test_a_wrong_option_is_one_message(tiny_model: Path, options: dict[str, Any], message: str) -> None:
    keys = {"model": str(tiny_model), "max_tokens": 20} | options
    with pytest.raises((ConfigurationError, TextclfError)) as error:
        TextClassifier(encoder="transformer", **keys).fit(TEXTS, LABELS)
    assert message in str(error.value)
