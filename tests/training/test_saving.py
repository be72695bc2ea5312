"""Saving a model: it is saved completely or not at all, and it never replaces other files."""

from __future__ import annotations

import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textclf import TextClassifier
from textclf.errors import OutputError
from textclf.training.model import Model

TEXTS = ["a good film", "a bad film"] * 4
FILES = {"model.json", "model.safetensors", "tokenizer.json"}


def model(seed: int = 0, labels: tuple[str, str] = ("pos", "neg")) -> TextClassifier:
    return TextClassifier(encoder="none", hidden_dim=4, embedding_dim=4, epochs=1, random_state=seed).fit(
        TEXTS, list(labels) * 4
    )


def probabilities(folder: Path) -> np.ndarray:
    return TextClassifier.load(folder).predict_proba(TEXTS)


class Killed(BaseException):
    """Simulate SIGKILL: no code handles it, and the steps before it have changed the disk."""


def stops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """For each step of a save that changes the disk, yield a function that makes the save stop before the step."""
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
    counts, killed = {"old": 0, "new": 0}, 0
    for number, arrange in enumerate(stops(monkeypatch)):
        folder = tmp_path / str(number)
        old.save(folder)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # a killed process does not clean up
            arrange()
            try:
                new.save(folder)
            except Killed:
                killed += 1
            monkeypatch.undo()
        loaded = TextClassifier.load(folder)
        which = "old" if loaded.classes_.tolist() == ["neg", "pos"] else "new"
        counts[which] += 1
        expected = old if which == "old" else new
        assert np.array_equal(loaded.predict_proba(TEXTS), expected.predict_proba(TEXTS))
        new.save(folder)
        assert {path.name for path in folder.iterdir()} == FILES, "the next save removes unfinished files"
        assert np.array_equal(probabilities(folder), new.predict_proba(TEXTS))
    assert killed >= 8
    assert min(counts.values()) >= 3


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Simulate a full disk: no file can grow beyond ``size`` bytes."""
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
    old.save(tmp_path / "saved")
    size = (tmp_path / "saved" / name).stat().st_size - 1
    for folder in ("saved", "empty"):
        with full_disk(size), pytest.raises(OutputError, match="the model cannot be saved") as error:
            new.save(tmp_path / folder)
        assert "choose another folder" in str(error.value)
    assert {path.name for path in (tmp_path / "saved").iterdir()} == FILES
    assert list((tmp_path / "empty").iterdir()) == []
    assert np.array_equal(probabilities(tmp_path / "saved"), old.predict_proba(TEXTS))
    new.save(tmp_path / "empty")


def test_a_folder_without_a_saved_model_is_refused_and_does_not_change(tmp_path: Path) -> None:
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


def test_other_files_in_a_model_folder_stay(tmp_path: Path) -> None:
    model(0).save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    model(1).save(tmp_path)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert np.array_equal(probabilities(tmp_path), model(1).predict_proba(TEXTS))


def test_saving_a_loaded_model_writes_the_same_bytes(tmp_path: Path) -> None:
    fitted = model()
    fitted.save(tmp_path / "a")
    Model.load(tmp_path / "a").save(tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
