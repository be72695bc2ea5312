"""The cache: a value is computed once, again if its file is damaged, and removed if the cache is too large."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from textclf.config import RunConfig
from textclf.data.cache import cache_folder, cached, digest, size_limit
from textclf.data.tokens import Tokens
from textclf.errors import ConfigurationError
from textclf.experiment.execution import execute
from textclf.experiment.preparation import prepare


class Maker:
    """Return a text, and count the calls."""

    def __init__(self, text="made"):
        self.text, self.times = text, 0

    def __call__(self):
        self.times += 1
        return self.text

    def cached(self, key):
        return cached(
            key, self, lambda path: path.read_text("utf-8"), lambda text, path: path.write_text(text, "utf-8")
        )


def names():
    """The names of the files in the cache, without the hash of their content."""
    return sorted(path.name.rpartition("-")[0] for path in cache_folder().iterdir())


def entry(key):
    (path,) = cache_folder().glob(f"derived-{key}-*")
    return path


def test_a_value_is_computed_once_per_key():
    one, other = Maker("one"), Maker("other")
    assert [one.cached("a"), one.cached("a"), other.cached("b"), other.cached("a")] == ["one", "one", "other", "one"]
    assert (one.times, other.times) == (1, 1)
    assert names() == ["derived-a", "derived-b"]


def test_a_value_is_computed_again_if_its_file_is_damaged(tmp_path):
    def get():
        return cached("key", lambda: Tokens(np.arange(3, dtype=np.int32), np.array([0, 3])), Tokens.load, Tokens.save)

    whole = get()
    path = entry("key")
    path.write_bytes(path.read_bytes()[:-5])
    assert get().ids.tolist() == whole.ids.tolist() == [0, 1, 2]
    assert Tokens.load(path).ids.tolist() == [0, 1, 2], "the file is complete again"


def test_a_value_that_cannot_be_stored_is_computed_each_time(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path / "file"))
    maker = Maker()
    assert [maker.cached("a"), maker.cached("a")] == ["made", "made"]
    assert maker.times == 2


def test_a_failed_write_leaves_no_file():
    def full(text, path):
        path.write_text(text[:1], encoding="utf-8")
        raise OSError("no space left on device")

    assert cached("a", Maker(), Path.read_text, full) == "made"
    assert names() == []


def test_the_least_recently_read_files_are_removed(monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", "1e-8")  # 10 bytes
    for age, key in enumerate("abc"):
        Maker("1234").cached(key)
        os.utime(entry(key), ns=(age, age)) if key != "a" else None
    assert names() == ["derived-a", "derived-c"]


@pytest.mark.parametrize("limit", ["two", "0", "-1", "nan"])
def test_a_limit_that_is_not_a_positive_number_is_refused(monkeypatch, limit):
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", limit)
    with pytest.raises(ConfigurationError, match=f'TEXTCLF_CACHE_LIMIT is "{limit}"; it must be a positive number'):
        Maker().cached("a")


def test_the_limit_is_two_gigabytes_by_default_and_can_be_set(monkeypatch):
    assert size_limit() == 2 * 1024**3
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", "0.5")
    assert size_limit() == 1024**3 / 2


def test_a_value_is_computed_again_if_its_file_is_altered():
    maker = Maker("good")
    maker.cached("key")
    entry("key").write_text("evil", encoding="utf-8")
    assert [maker.cached("key"), maker.cached("key")] == ["good", "good"]
    assert maker.times == 2
    assert entry("key").read_text(encoding="utf-8") == "good"


def test_an_altered_file_does_not_change_the_results_of_a_run(reviews):
    config = RunConfig.parse({"dataset": str(reviews), "encoder": "none", "epochs": 1, "embedding_dim": 3})
    first = execute(config, prepare(config), "first").row.metrics
    of_splits = [path for path in cache_folder().iterdir() if path.read_bytes().startswith(b"ARROW")]
    assert len(of_splits) == 3, "the tokens of each split"
    for path in of_splits:
        tokens = Tokens.load(path)
        altered = Tokens(tokens.ids[::-1].copy(), tokens.offsets.copy())
        del tokens  # they are a memory map of the file, which is overwritten next
        altered.save(path)
    assert execute(config, prepare(config), "second").row.metrics == first


def test_only_the_owner_can_read_files_and_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path / "new"))
    before = os.umask(0)
    try:
        Maker().cached("a")
    finally:
        os.umask(before)
    assert stat.S_IMODE(cache_folder().stat().st_mode) == 0o700
    assert stat.S_IMODE(entry("a").stat().st_mode) == 0o600


def test_a_symbolic_link_in_the_cache_is_not_followed(tmp_path):
    maker = Maker("made")
    maker.cached("a")
    content, name = entry("a").read_bytes(), entry("a").name
    entry("a").unlink()
    (tmp_path / "mine").write_bytes(content)
    (cache_folder() / name).symlink_to(tmp_path / "mine")
    assert maker.cached("a") == "made"
    assert maker.times == 2
    assert not entry("a").is_symlink()
    assert (tmp_path / "mine").read_bytes() == content


def test_a_file_of_another_user_is_not_read(monkeypatch):
    maker = Maker()
    maker.cached("a")
    monkeypatch.setattr(os, "getuid", lambda: 1 + entry("a").stat().st_uid)
    maker.cached("a")
    assert maker.times == 2


def test_partial_files_of_a_killed_process_are_removed_after_a_day():
    for name in ("partial-old", "partial-new", "other"):
        (cache_folder() / name).write_text("", encoding="utf-8")
    for name in ("partial-old", "other"):
        os.utime(cache_folder() / name, (1, 1))
    Maker().cached("a")
    assert sorted(path.name for path in cache_folder().iterdir()) == sorted([entry("a").name, "partial-new", "other"])


@pytest.mark.parametrize("other", [("ab", ""), ("a", "b", ""), (["a", "b"],), (["ab"], ["c"]), ("a",)])
def test_a_digest_depends_on_the_boundaries_of_texts(other):
    assert digest(*other) != digest("a", "b")
    assert digest("\ud800") != digest("\udfff")


def test_tokens_are_the_same_after_writing_and_reading(tmp_path):
    tokens = Tokens(np.array([3, 1, 2], dtype=np.int32), np.array([0, 1, 3]), np.array([0, 0, 1], dtype=np.int32))
    tokens.save(tmp_path / "with")
    Tokens(tokens.ids, tokens.offsets).save(tmp_path / "without")
    for name in ("ids", "offsets", "sentences"):
        array = getattr(Tokens.load(tmp_path / "with"), name)
        assert array.tolist() == getattr(tokens, name).tolist()
        assert array.dtype == getattr(tokens, name).dtype
    assert Tokens.load(tmp_path / "without").sentences is None
