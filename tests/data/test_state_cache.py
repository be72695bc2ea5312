"""The cache of token states: by value, across splits, after a kill, with damaged files and with a limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from textclf.data import state_cache
from textclf.data.batching import Batches, TextBatch
from textclf.data.cache import cache_folder
from textclf.data.state_cache import StateCache
from textclf.data.tokens import Tokens
from textclf.errors import ConfigurationError

DIM = 3
ROWS = [[4, 5, 6], [7], [8, 9], [7], [4, 5, 7]]


def tokens_of(rows: list[list[int]], sentences: list[int] | None = None) -> Tokens:
    offsets = np.cumsum([0, *map(len, rows)])
    numbers = None if sentences is None else np.array(sentences, np.int32)
    return Tokens(np.array([token for row in rows for token in row], np.int32), offsets, numbers)


class Counted:
    """States that are known by hand, t + 0.25 d for token t and dimension d; ``texts`` counts the computed texts."""

    def __init__(self, factor: float = 1.0) -> None:
        self.texts, self.factor = 0, factor

    def __call__(self, text: TextBatch) -> Tensor:
        self.texts += len(text.tokens)
        segments = 0 if text.sentences is None else 100 * text.sentences[:, :, None]
        return self.factor * (text.tokens[:, :, None] + segments + 0.25 * torch.arange(DIM))


def cache_of(compute: Callable[[TextBatch], Tensor], key: str = "model") -> StateCache:
    return StateCache(key, DIM, compute, "cpu")


def files() -> list[Path]:
    return sorted(cache_folder().glob("derived-states-*"))


def test_each_token_has_its_own_state_and_pads_are_0() -> None:
    states = cache_of(Counted()).states(tokens_of(ROWS))
    assert states is not None
    padded = states.padded(np.array([2, 0]), 4, torch.device("cpu"))
    assert padded.dtype == torch.float16
    assert padded[:, :, 1].tolist() == [[8.25, 9.25, 0, 0], [4.25, 5.25, 6.25, 0]]


def test_equal_texts_are_computed_once_also_in_another_split() -> None:
    compute = Counted()
    cache_of(compute).states(tokens_of(ROWS))
    assert compute.texts == 4, "the text [7] occurs twice"
    cache_of(compute).states(tokens_of([[7], [4, 5, 6], [10]]))
    assert compute.texts == 5, "only [10] is new"
    cache_of(compute, "another model").states(tokens_of([[7]]))
    assert compute.texts == 6


def test_texts_with_other_segments_have_other_states() -> None:
    rows = [[4, 5], [4, 5]]
    states = cache_of(Counted()).states(tokens_of(rows, [0, 0, 0, 1]))
    assert states is not None
    assert states.padded(np.arange(2), 2, torch.device("cpu"))[:, :, 0].tolist() == [[4, 5], [4, 105]]


def test_batches_hold_the_states_of_their_texts() -> None:
    tokens = tokens_of(ROWS)
    batches = Batches(tokens, None, batch_size=2, states=cache_of(Counted()).states(tokens))
    for batch in batches.in_order():
        assert batch.text.states is not None
        expected = (batch.text.tokens[:, :, None] + 0.25 * torch.arange(DIM)) * batch.text.mask[:, :, None]
        assert torch.equal(batch.text.states.float(), expected)


def test_a_damaged_file_is_computed_again() -> None:
    compute = Counted()
    cache_of(compute).states(tokens_of([[4, 5]]))
    (file,) = files()
    content = file.read_bytes()
    place = content.index(np.float16(4.25).tobytes() + np.float16(4.5).tobytes())
    file.write_bytes(content[:place] + np.float16(9.0).tobytes() + content[place + 2 :])
    state_cache._is_intact.cache_clear()  # a new process has no memory of intact files
    states = cache_of(compute).states(tokens_of([[4, 5]]))
    assert compute.texts == 2
    assert states is not None
    assert states.padded(np.array([0]), 2, torch.device("cpu"))[0, 0].tolist() == [4, 4.25, 4.5]


def test_states_beyond_the_limit_are_not_stored_and_one_warning_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state_cache, "_warned", set())
    size = sum(map(len, ROWS)) * DIM * 2
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", f"{(size - 1) / state_cache.GIGABYTE:.15f}")
    assert [cache_of(Counted()).states(tokens_of(ROWS)) for _ in range(2)] == [None, None]
    assert files() == []
    (message,) = caplog.messages
    assert "computes its states again in every epoch" in message
    assert "TEXTCLF_CACHE_LIMIT" in message


@pytest.mark.parametrize("limit", ["0", "-1", "much", "nan"])
def test_a_limit_that_is_no_positive_number_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", limit)
    with pytest.raises(ConfigurationError, match="TEXTCLF_CACHE_LIMIT"):
        cache_of(Counted()).states(tokens_of(ROWS))


def test_numbers_that_float16_cannot_hold_are_not_stored(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state_cache, "_warned", set())
    assert cache_of(Counted(1e5)).states(tokens_of(ROWS)) is None
    assert "float16" in caplog.text


KILLED = """
import sys, torch, numpy as np
from textclf.data import state_cache
from textclf.data.state_cache import StateCache
from textclf.data.tokens import Tokens
state_cache.FILE_TOKENS = 4
state_cache.MOST_WORDS = 4
torch.set_num_threads(1)
calls = 0
def compute(text):
    global calls
    calls += 1
    if calls == 4:
        print("three files are written", flush=True)
        sys.stdin.read()
    return text.tokens[:, :, None] + 0.25 * torch.arange(3)
tokens = Tokens(np.arange(4, 44, dtype=np.int32), np.arange(0, 44, 4))
StateCache("model", 3, compute, "cpu").states(tokens)
"""


def test_a_killed_process_loses_no_finished_file(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ), text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "three files are written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = len(files())
    assert kept >= 2, "the fourth text was in work, and a finished text may wait for its file"
    compute = Counted()
    states = cache_of(compute).states(Tokens(np.arange(4, 44, dtype=np.int32), np.arange(0, 44, 4)))
    assert compute.texts == 10 - kept
    assert states is not None
    assert states.padded(np.array([9]), 4, torch.device("cpu"))[0, :, 0].tolist() == [40, 41, 42, 43]
