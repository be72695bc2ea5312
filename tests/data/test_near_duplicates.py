"""Finding, counting and dropping rows that are near-duplicates of rows of another split."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.defaults import split

from textclf.data import near_duplicates as module
from textclf.data.corpora import Corpus
from textclf.data.examples import Examples
from textclf.data.near_duplicates import count_near_duplicates, near_duplicates


def pairs(*rows: tuple[str, str]) -> Examples:
    return Examples([first for first, _ in rows], None, np.arange(len(rows)), [second for _, second in rows])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a b c d e", [0]),
        ("E, d! C b a", [0]),
        ("a b c d", [0]),  # 4 of 5 words
        ("a b c d e f", [0]),  # 5 of 6
        ("a b c", []),  # 3 of 5
        ("a b c d f", []),  # 4 of 6
        ("@someone a b c d e https://t.co/x", [0]),
        ("someone a b c d e https", []),
        ("@someone http://a.b/c", []),
    ],
)
def test_rows_that_share_four_fifths_of_their_words_are_near_duplicates(text: str, rows: list[int]) -> None:
    others = Examples.of(["a b c d e", "@other http://x.y/z", "p q r s t"])
    assert near_duplicates(Examples.of([text, "nothing alike"]), others) == rows
    assert near_duplicates(others, Examples.of([text, "nothing alike"])) == rows


def test_first_texts_of_pairs_are_compared_with_first_texts_and_second_with_second() -> None:
    one = pairs(("a b c", "d e"), ("a b c", "x y"), ("d e", "a b c"))
    assert near_duplicates(one, pairs(("c b a", "e d"))) == [0]


def test_near_duplicates_equal_the_result_of_a_loop_over_all_pairs() -> None:
    chance = random.Random(0)
    bases = [chance.sample(range(300), 12) for _ in range(150)]

    def texts() -> list[str]:
        changed = [chance.sample(base, 11) + chance.sample(range(300), chance.randint(0, 2)) for base in bases]
        return [" ".join(f"w{word}" for word in words) for words in changed]

    left, right = texts(), texts()
    sets = [[set(text.split()) for text in column] for column in (left, right)]
    expected = [
        row
        for row, words in enumerate(sets[0])
        if any(len(words & other) / len(words | other) >= 0.8 for other in sets[1])
    ]
    assert 10 < len(expected) < 100
    assert near_duplicates(Examples.of(left), Examples.of(right)) == expected


def test_counting_is_skipped_if_it_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    test, training = Examples.of(["a b c d e"] * 3), Examples.of(["a b c d e f", "g h"])
    assert count_near_duplicates(test, training) == 3
    for limit, value in (("TEXTS", 4), ("CHARACTERS", 10), ("CANDIDATES_A_TEXT", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(module, "CHARACTERS_A_TEXT", 2)
            patch.setattr(module, limit, value)
            assert count_near_duplicates(test, training) is None
            assert near_duplicates(test, training) == [0, 1, 2], "near_duplicates has no limits"
    monkeypatch.setattr(module, "TEXTS", 5)
    assert count_near_duplicates(test, training) == 3


def test_a_repeated_comparison_is_read_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    test, training = Examples.of(["a b", "x"]), Examples.of(["b a"])
    assert count_near_duplicates(test, training) == 1
    monkeypatch.setattr(module, "_rows", lambda *arguments: pytest.fail("compared again"))
    assert count_near_duplicates(test, training) == 1
    with pytest.raises(BaseException, match="compared again"):
        count_near_duplicates(test, Examples.of(["b a c"]))


def test_near_duplicates_are_dropped_from_training_then_from_validation_on_request() -> None:
    given = {
        "train": Examples(["a b c d e", "f g h i j", "k l", "m n"], list("xyxy"), np.arange(4)),
        "validation": Examples(["a b c d e z", "o p", "q r"], list("xyx"), np.arange(3)),
        "test": Examples(["f g h i j z", "q r @name", "s t"], list("yxx"), np.arange(3)),
    }
    plain = split(Corpus("corpus", given, ""))
    assert (len(plain.train), len(plain.validation), len(plain.test)) == (4, 3, 3)
    splits = split(Corpus("corpus", given, ""), drop_near_duplicates=True)
    assert splits.train.texts == ["k l", "m n"]
    assert splits.validation.texts == ["a b c d e z", "o p"]
    assert splits.test.texts == given["test"].texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus in which one of two test rows is a near-duplicate of a training row."""
    training = pd.DataFrame(
        {"text": [f"number {row} of many good ones" for row in range(40)], "label": ["x", "y"] * 20}
    )
    test = pd.DataFrame({"text": ["@you number 7 of many good ones too", "another thing"], "label": ["x", "y"]})
    (tmp_path / "corpus").mkdir()
    training.to_csv(tmp_path / "corpus/train.csv", index=False)
    test.to_csv(tmp_path / "corpus/test.csv", index=False)
    return tmp_path / "corpus"


def test_a_run_reports_the_number_of_near_duplicates_in_the_test_split(cli: Callable, folder: Path) -> None:
    run = ("run", "--dataset", folder, "--encoder", "majority")
    assert "duplicates   1 test row with a near-duplicate in training" in cli(*run).stdout
    row = json.loads(cli(*run, "--json").stdout)
    assert row["near_duplicates"] == 1
    dropped = json.loads(cli(*run, "--json", "--set", "drop_near_duplicates=true").stdout)
    assert dropped["near_duplicates"] == 0
    assert dropped["rows"]["test"] == row["rows"]["test"] == 2
    assert dropped["rows"]["train"] < row["rows"]["train"]
