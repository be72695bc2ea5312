"""What a run's row says about the pretrained parts of its model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Literal

import numpy as np
import pytest
import torch
from helpers.registering import registered

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.baselines.majority import Majority
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder
from textclf.encoders.pretrained.options import LanguageModelOptions
from textclf.experiment.pretrained_parts import parameters_of, pretrained_keys
from textclf.experiment.spec import read_experiment


class LanguageModel(Encoder):
    class Options(LanguageModelOptions):
        model: str = "folder/small"
        then: Literal["none", "lstm"] = "none"


class Static(Majority):
    @classmethod
    def pretrained(cls, options: Any) -> str | None:
        return "small vectors"

    @classmethod
    def pretrained_origin(cls, options: Any) -> str | None:
        return "small: made for this test"

    def pretrained_parameters(self) -> int:
        return 12


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"encoder": "lstm"}, {}),
        ({"encoder": "lstm", "vectors": "folder/glove.txt"}, {"pretrained": "glove.txt vectors"}),
        ({"encoder": "tfidf", "vectors": "folder/glove.txt"}, {}),
        (
            {"encoder": "lstm", "vectors": "wordllama"},
            {
                "pretrained": "wordllama vectors",
                "pretrained_origin": "wordllama: Llama 2 token embeddings, reduced to 256 dimensions by wordllama",
            },
        ),
        (
            {"encoder": "language_model", "vectors": "folder/glove.txt"},
            {"pretrained": "small, frozen", "language_model": "frozen"},
        ),
        (
            {"encoder": "language_model", "train": "full"},
            {"pretrained": "small, fine-tuned", "language_model": "fine-tuned"},
        ),
        ({"encoder": "small"}, {"pretrained": "small vectors", "pretrained_origin": "small: made for this test"}),
    ],
)
def test_the_keys_name_what_the_model_uses(keys: dict[str, Any], expected: dict[str, str]) -> None:
    with registered((WHOLE_ENCODERS, "language_model", LanguageModel), (BASELINES, "small", Static)):
        assert pretrained_keys(RunConfig.parse({"dataset": "d", **keys})) == expected


def test_labels_show_only_a_contextualiser_and_a_training_that_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    models = "{encoder: language_model, cross: {then: [none, lstm], train: [none, full]}}"
    path.write_text(f"datasets: [mr]\nmodels: [{models}]\n", encoding="utf-8")
    with registered((WHOLE_ENCODERS, "language_model", LanguageModel)):
        labels = [run.label for run in read_experiment(path).runs]
    assert labels == [
        "language_model",
        "language_model-full",
        "language_model-lstm",
        "language_model-lstm-full",
    ]


def test_word_vectors_of_a_file_count_as_pretrained() -> None:
    counts = {"embedding": 30, "pretrained": 0}
    for keys, pretrained in (({}, 0), ({"vectors": "glove.txt"}, 30)):
        config = RunConfig.parse({"dataset": "d", "encoder": "lstm", **keys})
        assert parameters_of(config, counts) == {"embedding": 30, "pretrained": pretrained}


class Words(Embedding):
    """Seven word vectors of 3 numbers, beside a frozen language model of 100 numbers."""

    def count_parameters(self) -> int:
        return 100 + super().count_parameters()

    def count_pretrained(self) -> int:
        return 100


class Mean(Encoder):
    def __init__(self, embedding: Embedding) -> None:
        super().__init__()
        self.embedding, self.inner, self.output_dim = embedding, torch.nn.Linear(3, 3), 3


@pytest.mark.parametrize(
    ("words", "freeze", "expected"),
    [
        (Embedding, False, {"total": 41, "embedding": 21, "pretrained": 0, "trained": 41}),
        (Embedding, True, {"total": 41, "embedding": 21, "pretrained": 0, "trained": 20}),
        (Words, True, {"total": 141, "embedding": 121, "pretrained": 100, "trained": 20}),
    ],
)
def test_pretrained_and_trained_parameters_are_counted_apart(
    words: type[Embedding], freeze: bool, expected: dict[str, int]
) -> None:
    model = Classifier(Mean(words(torch.zeros(7, 3), freeze=freeze)), classes=2, dropout=0.0)
    assert model.count_parameters() == {"encoder": 12, "classifier": 8, **expected}


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """A file of 4 words with 5 dimensions."""
    path = tmp_path / "tiny.txt"
    numbers = np.random.default_rng(0).normal(size=(4, 5)).round(3)
    path.write_text(
        "".join(
            f"{word} {' '.join(map(str, row))}\n"
            for word, row in zip(["good", "bad", "a", "the"], numbers, strict=True)
        ),
        encoding="utf-8",
    )
    return path


def test_a_run_prints_one_line_where_something_is_pretrained(
    cli: Callable[..., CompletedProcess[str]], reviews: Path, vectors: Path
) -> None:
    keys = ("run", "--dataset", reviews, "--encoder", "none", "--epochs", "1", "--set", "embedding_dim=5")
    row = json.loads(cli(*keys, "--vectors", vectors, "--set", "freeze_vectors=true", "--json").stdout)
    counts = row["parameters"]
    assert row["pretrained"] == "tiny.txt vectors"
    assert counts["pretrained"] == counts["embedding"] > 0
    assert counts["trained"] == counts["classifier"] == 2 * 5 + 2
    shown = cli(*keys, "--vectors", vectors, "--set", "freeze_vectors=true").stdout
    assert f"pretrained   tiny.txt vectors ({counts['embedding']:,} parameters, 12 trained)\n" in shown
    plain = cli(*keys)
    assert plain.returncode == 0
    assert "pretrained" not in plain.stdout


def test_the_parameters_of_a_baseline_with_vectors_are_pretrained(
    cli: Callable[..., CompletedProcess[str]], reviews: Path
) -> None:
    with registered((BASELINES, "small", Static)):
        row = json.loads(cli("run", "--dataset", reviews, "--encoder", "small", "--json").stdout)
    learned = row["parameters"]["classifier"]
    assert row["parameters"]["pretrained"] == row["parameters"]["embedding"] == 12
    assert (row["parameters"]["total"], row["parameters"]["trained"]) == (12 + learned, learned)
