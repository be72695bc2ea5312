"""Incomplete and damaged model folders are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from textclf import TextClassifier
from textclf.errors import ModelFolderError
from textclf.training import folder as folders

TEXTS = ["a good film", "a bad film"] * 4
FILES = {"model.json", "model.safetensors", "tokenizer.json"}


def model(seed: int = 0, encoder: str = "none") -> TextClassifier:
    return TextClassifier(encoder=encoder, hidden_dim=4, embedding_dim=4, epochs=1, random_state=seed).fit(
        TEXTS, ["pos", "neg"] * 4
    )


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFolderError) as error:
        TextClassifier.load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def change_description(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change model.json and update its checksum, so that the checks after the checksum run."""
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del description["sha256"]
    change(description)
    description["sha256"] = folders._checksum(description, folder / "model.safetensors", folder / "tokenizer.json")
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")


def change_arrays(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    arrays = load_file(folder / "model.safetensors")
    change(arrays)
    save_file(arrays, folder / "model.safetensors")
    change_description(folder, lambda _: None)


@pytest.mark.parametrize("encoder", ["none", "tfidf", "majority"])
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_of_another_model_is_refused(encoder: str, name: str, tmp_path: Path) -> None:
    model(0, encoder).save(tmp_path / "one")
    other = TextClassifier(encoder=encoder, hidden_dim=4, embedding_dim=4, epochs=1, random_state=1)
    other.fit(["some text", "other", "third one", "some text"], ["pos", "neg", "neg", "neg"]).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / name, tmp_path / "one" / name)
    assert "do not belong together" in refusal(tmp_path / "one")


def test_a_description_with_exchanged_classes_is_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    path = tmp_path / "model.json"
    swapped = path.read_text(encoding="utf-8").replace('"neg"', '"x"').replace('"pos"', '"neg"').replace('"x"', '"pos"')
    path.write_text(swapped, encoding="utf-8")
    assert "do not belong together" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(classes=["neg", "neg"]), r"model.json: damaged (it has fewer than two classes"),
        (lambda d: d.update(classes=["neg"]), "model.json: damaged (it has fewer than two classes"),
        (lambda d: d.update(classes=[0, 1]), "model.json: damaged (its classes are not a list of strings"),
        (lambda d: d.update(classes="ab"), "model.json: damaged (its classes are not a list of strings"),
        (lambda d: d.update(label_type="datetime"), "model.json: damaged"),
        (lambda d: d.update(label_type="int"), "model.json: damaged"),
        (lambda d: d.update(classes=["a", "b", "c"]), "model.safetensors: damaged"),
        (lambda d: d["config"].update(encoder="lstn"), 'model.json: damaged (encoder: there is no "lstn"'),
        (lambda d: d["config"].update(hidden_dim=-1), "model.json: damaged"),
        (lambda d: d["config"].update(embedding_dim=5), "model.safetensors: damaged"),
        (lambda d: d.update(format=2), "saved in format 2, this version reads 4; train it again"),
        (lambda d: d.pop("precision"), "model.json: damaged"),
        (lambda d: d.pop("task"), "model.json: damaged"),
        (lambda d: d.update(task="rankin"), 'model.json: damaged (there is no task "rankin"; did you mean "ranking"?)'),
    ],
)
def test_a_wrong_description_is_refused(change: Callable[[dict], None], message: str, tmp_path: Path) -> None:
    model().save(tmp_path)
    change_description(tmp_path, change)
    assert message in refusal(tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[]", "null", "{}", "", "\ufeff{}", "not JSON"], ids=len
)
def test_a_file_that_does_not_describe_a_model_is_refused(text: str, tmp_path: Path) -> None:
    model().save(tmp_path)
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    assert "model.json: damaged" in refusal(tmp_path)


@pytest.mark.parametrize("encoder", ["none", "tfidf", "majority"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(encoder: str, value: float, tmp_path: Path) -> None:
    model(encoder=encoder).save(tmp_path)

    def change(arrays: dict[str, np.ndarray]) -> None:
        next(array for array in arrays.values() if array.dtype.kind == "f").flat[0] = value

    change_arrays(tmp_path, change)
    assert "holds numbers that are not finite" in refusal(tmp_path)


@pytest.mark.parametrize("encoder", ["none", "tfidf"])
@pytest.mark.parametrize("dtype", ["float16", "int32", "int8"])
def test_weights_of_another_type_are_refused(encoder: str, dtype: str, tmp_path: Path) -> None:
    model(encoder=encoder).save(tmp_path)
    change_arrays(tmp_path, lambda arrays: arrays.update({name: arrays[name].astype(dtype) for name in arrays}))
    assert f"is {dtype}, not" in refusal(tmp_path)


def test_a_missing_weight_is_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    change_arrays(tmp_path, lambda arrays: arrays.__delitem__("linear.bias"))
    assert "model.safetensors: damaged" in refusal(tmp_path)


def test_word_ids_out_of_range_are_refused(tmp_path: Path) -> None:
    model().save(tmp_path / "words")
    path = tmp_path / "words" / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["film"] = 900
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    change_description(tmp_path / "words", lambda _: None)
    assert "tokenizer.json: damaged (the ids" in refusal(tmp_path / "words")

    model(encoder="tfidf").save(tmp_path / "tfidf")
    change_description(tmp_path / "tfidf", lambda d: d["values"]["vocabulary"].update(film=900))
    assert "the ids of the vocabulary are not 0 to" in refusal(tmp_path / "tfidf")
