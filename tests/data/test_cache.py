"""What is kept between runs: found again by its content, made anew where it is damaged, dropped when it is too much."""

import os
from pathlib import Path

import numpy as np
import pytest

from textclf.data import cache
from textclf.data.cache import cache_folder, digest, kept
from textclf.data.tokens import Tokens


class Maker:
    """Makes a text, and counts how often."""

    def __init__(self, text="made"):
        self.text, self.times = text, 0

    def __call__(self):
        self.times += 1
        return self.text

    def kept(self, key):
        return kept(key, self, lambda path: path.read_text("utf-8"), lambda text, path: path.write_text(text, "utf-8"))


def names():
    return sorted(path.name for path in cache_folder().iterdir())


def test_made_once_a_key():
    one, other = Maker("one"), Maker("other")
    assert [one.kept("a"), one.kept("a"), other.kept("b"), other.kept("a")] == ["one", "one", "other", "one"]
    assert (one.times, other.times) == (1, 1)
    assert names() == ["derived-a", "derived-b"]


def test_a_damaged_file_is_made_anew(tmp_path):
    def get():
        return kept("key", lambda: Tokens(np.arange(3, dtype=np.int32), np.array([0, 3])), Tokens.load, Tokens.save)

    whole = get()
    path = cache_folder() / "derived-key"
    path.write_bytes(path.read_bytes()[:-5])
    assert get().ids.tolist() == whole.ids.tolist() == [0, 1, 2]
    assert Tokens.load(path).ids.tolist() == [0, 1, 2], "and is whole again"


def test_what_cannot_be_kept_is_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path / "file"))
    maker = Maker()
    assert [maker.kept("a"), maker.kept("a")] == ["made", "made"]
    assert maker.times == 2


def test_half_a_file_is_not_left():
    def full(text, path):
        path.write_text(text[:1], encoding="utf-8")
        raise OSError("no space left on device")

    assert kept("a", Maker(), Path.read_text, full) == "made"
    assert names() == []


def test_what_was_not_read_for_the_longest_time_goes(monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 10)
    for age, key in enumerate("abc"):
        Maker("1234").kept(key)
        os.utime(cache_folder() / f"derived-{key}", ns=(age, age)) if key != "a" else None
    assert names() == ["derived-a", "derived-c"]


@pytest.mark.parametrize("other", [("ab", ""), ("a", "b", ""), (["a", "b"],), (["ab"], ["c"]), ("a",)])
def test_a_digest_tells_where_texts_end(other):
    assert digest(*other) != digest("a", "b")
    assert digest("\ud800") != digest("\udfff")


def test_tokens_are_read_as_they_were_written(tmp_path):
    tokens = Tokens(np.array([3, 1, 2], dtype=np.int32), np.array([0, 1, 3]), np.array([0, 0, 1], dtype=np.int32))
    tokens.save(tmp_path / "with")
    Tokens(tokens.ids, tokens.offsets).save(tmp_path / "without")
    for name in ("ids", "offsets", "sentences"):
        found = getattr(Tokens.load(tmp_path / "with"), name)
        assert found.tolist() == getattr(tokens, name).tolist()
        assert found.dtype == getattr(tokens, name).dtype
    assert Tokens.load(tmp_path / "without").sentences is None
