"""A saved model's folder: whole, of one model, and never in place of something else."""

from __future__ import annotations

import json
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from textclf import TextClassifier
from textclf.errors import ModelFolderError, OutputError
from textclf.training import folder as folders
from textclf.training.model import Model

TEXTS = ["a good film", "a bad film"] * 4
FILES = {"model.json", "model.safetensors", "tokenizer.json"}


def model(seed: int = 0, encoder: str = "none", labels: tuple[Any, Any] = ("pos", "neg")) -> TextClassifier:
    return TextClassifier(encoder=encoder, hidden_dim=4, embedding_dim=4, epochs=1, random_state=seed).fit(
        TEXTS, list(labels) * 4
    )


def probabilities(folder: Path) -> np.ndarray:
    return TextClassifier.load(folder).predict_proba(TEXTS)


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFolderError) as error:
        TextClassifier.load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def described(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change model.json and its checksum, so that what is in it is looked at."""
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del description["sha256"]
    change(description)
    description["sha256"] = folders._checksum(description, folder / "model.safetensors", folder / "tokenizer.json")
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")


def rewritten(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    arrays = load_file(folder / "model.safetensors")
    change(arrays)
    save_file(arrays, folder / "model.safetensors")
    described(folder, lambda _: None)


@pytest.mark.parametrize("encoder", ["none", "tfidf", "majority"])
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_of_another_model_is_refused(encoder: str, name: str, tmp_path: Path) -> None:
    model(0, encoder).save(tmp_path / "one")
    other = TextClassifier(encoder=encoder, hidden_dim=4, embedding_dim=4, epochs=1, random_state=1)
    other.fit(["some text", "other", "third one", "some text"], ["pos", "neg", "neg", "neg"]).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / name, tmp_path / "one" / name)
    assert "do not belong together" in refusal(tmp_path / "one")


def test_a_changed_byte_of_the_description_is_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    path = tmp_path / "model.json"
    swapped = path.read_text(encoding="utf-8").replace('"neg"', '"x"').replace('"pos"', '"neg"').replace('"x"', '"pos"')
    path.write_text(swapped, encoding="utf-8")
    assert "do not belong together" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(classes=["neg", "neg"]), r"model.json: damaged (its classes are not at least two"),
        (lambda d: d.update(classes=["neg"]), "model.json: damaged (its classes are not at least two"),
        (lambda d: d.update(classes=[0, 1]), "model.json: damaged (its classes are not a list of strings"),
        (lambda d: d.update(classes="ab"), "model.json: damaged (its classes are not a list of strings"),
        (lambda d: d.update(label_type="datetime"), "model.json: damaged"),
        (lambda d: d.update(label_type="int"), "model.json: damaged"),
        (lambda d: d.update(classes=["a", "b", "c"]), "model.safetensors: damaged"),
        (lambda d: d["config"].update(encoder="lstn"), 'model.json: damaged (encoder: there is no "lstn"'),
        (lambda d: d["config"].update(hidden_dim=-1), "model.json: damaged"),
        (lambda d: d["config"].update(embedding_dim=5), "model.safetensors: damaged"),
        (lambda d: d.update(format=2), "saved in format 2, this version reads 3; train it again"),
        (lambda d: d.pop("precision"), "model.json: damaged"),
    ],
)
def test_a_wrong_description_is_refused(change: Callable[[dict], None], message: str, tmp_path: Path) -> None:
    model().save(tmp_path)
    described(tmp_path, change)
    assert message in refusal(tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[]", "null", "{}", "", "\ufeff{}", "not JSON"], ids=len
)
def test_a_description_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    model().save(tmp_path)
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    assert "model.json: damaged" in refusal(tmp_path)


@pytest.mark.parametrize("encoder", ["none", "tfidf", "majority"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(encoder: str, value: float, tmp_path: Path) -> None:
    model(encoder=encoder).save(tmp_path)

    def change(arrays: dict[str, np.ndarray]) -> None:
        next(array for array in arrays.values() if array.dtype.kind == "f").flat[0] = value

    rewritten(tmp_path, change)
    assert "holds numbers that are not finite" in refusal(tmp_path)


@pytest.mark.parametrize("encoder", ["none", "tfidf"])
@pytest.mark.parametrize("dtype", ["float16", "int32", "int8"])
def test_weights_of_another_type_are_refused(encoder: str, dtype: str, tmp_path: Path) -> None:
    model(encoder=encoder).save(tmp_path)
    rewritten(tmp_path, lambda arrays: arrays.update({name: arrays[name].astype(dtype) for name in arrays}))
    assert f"is {dtype}, not" in refusal(tmp_path)


def test_weights_that_lack_one_are_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    rewritten(tmp_path, lambda arrays: arrays.__delitem__("linear.bias"))
    assert "model.safetensors: damaged" in refusal(tmp_path)


def test_ids_of_words_out_of_range_are_refused(tmp_path: Path) -> None:
    model().save(tmp_path / "words")
    path = tmp_path / "words" / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["film"] = 900
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    described(tmp_path / "words", lambda _: None)
    assert "tokenizer.json: damaged (the ids" in refusal(tmp_path / "words")

    model(encoder="tfidf").save(tmp_path / "tfidf")
    described(tmp_path / "tfidf", lambda d: d["values"]["vocabulary"].update(film=900))
    assert "the ids of the vocabulary are not 0 to" in refusal(tmp_path / "tfidf")


class Killed(BaseException):
    """In place of SIGKILL: nothing of ours handles it, but the steps that were made are on the disk."""


def stops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """For each step of a save that changes the disk, what arranges that the save is killed before it."""
    for name in ("mkdir", "rename", "replace", "rmdir", "write_text"):
        original = getattr(Path, name)
        for step in range(4):

            def arrange(name: str = name, original: Any = original, step: int = step) -> None:
                calls = iter(range(100))

                def stopping(self: Path, *arguments: Any, **keywords: Any) -> Any:
                    if next(calls) == step:
                        raise Killed
                    return original(self, *arguments, **keywords)

                monkeypatch.setattr(Path, name, stopping)

            yield arrange


def test_a_save_that_is_killed_leaves_the_old_model_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = model(0), model(1, labels=("x", "y"))
    found, killed = {"old": 0, "new": 0}, 0
    for number, arrange in enumerate(stops(monkeypatch)):
        folder = tmp_path / str(number)
        old.save(folder)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # a killed process cleans nothing up
            arrange()
            try:
                new.save(folder)
            except Killed:
                killed += 1
            monkeypatch.undo()
        loaded = TextClassifier.load(folder)
        which = "old" if loaded.classes_.tolist() == ["neg", "pos"] else "new"
        found[which] += 1
        expected = old if which == "old" else new
        assert np.array_equal(loaded.predict_proba(TEXTS), expected.predict_proba(TEXTS))
        new.save(folder)
        assert {path.name for path in folder.iterdir()} == FILES, "the next save tidies up"
        assert np.array_equal(probabilities(folder), new.predict_proba(TEXTS))
    assert killed >= 8
    assert min(found.values()) >= 3


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file grows beyond ``size`` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_full_disk_leaves_the_old_model(name: str, tmp_path: Path) -> None:
    old, new = model(0), model(1)
    old.save(tmp_path / "there")
    size = (tmp_path / "there" / name).stat().st_size - 1
    for folder in ("there", "not"):
        with full_disk(size), pytest.raises(OutputError, match="the model cannot be saved") as error:
            new.save(tmp_path / folder)
        assert "choose another folder" in str(error.value)
    assert {path.name for path in (tmp_path / "there").iterdir()} == FILES
    assert list((tmp_path / "not").iterdir()) == []
    assert np.array_equal(probabilities(tmp_path / "there"), old.predict_proba(TEXTS))
    new.save(tmp_path / "not")


def test_a_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty and holds no saved model"):
        model().save(mine)
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]
    (mine / "model.json").write_text('{"format": "mine"}', encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty and holds no saved model"):
        model().save(mine)
    assert (mine / "model.json").read_text(encoding="utf-8") == '{"format": "mine"}'
    with pytest.raises(OutputError, match="is a file"):
        model().save(mine / "notes.txt")


def test_what_else_is_in_a_model_folder_stays(tmp_path: Path) -> None:
    model(0).save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    model(1).save(tmp_path)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert np.array_equal(probabilities(tmp_path), model(1).predict_proba(TEXTS))


def test_bytes_do_not_depend_on_the_save(tmp_path: Path) -> None:
    made = model()
    made.save(tmp_path / "a")
    Model.load(tmp_path / "a").save(tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
