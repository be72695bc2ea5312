"""Examples: selecting rows, comparing rows, hashing columns."""

import numpy as np

from textclf.data.examples import Examples


def examples(**changes):
    columns = {"texts": ["a", "b", "c"], "labels": ["1", "0", "1"], "ids": np.array([10, 11, 12])}
    return Examples(**columns | changes)


def test_take_selects_rows_of_every_column_in_the_given_order():
    taken = examples(pairs=["p", "q", "r"], groups=["7", "8", "9"]).take(np.array([2, 0]))
    assert (taken.texts, taken.labels, taken.pairs, taken.groups) == (["c", "a"], ["1", "1"], ["r", "p"], ["9", "7"])
    assert taken.ids.tolist() == [12, 10]
    assert len(taken) == 2


def test_columns_that_are_none_stay_none():
    taken = Examples.of(["a", "b"]).take(np.array([1]))
    assert (taken.texts, taken.labels, taken.pairs, taken.groups) == (["b"], None, None, None)


def test_rows_are_duplicates_if_text_and_pair_are_equal():
    assert examples().identities() == [("a", ""), ("b", ""), ("c", "")]
    assert examples(pairs=["p", "q", "r"]).identities()[1] == ("b", "q")


def test_the_hash_depends_on_every_column_but_the_ids():
    hashes = [
        examples().sha256(),
        examples(texts=["a", "b", "d"]).sha256(),
        examples(labels=["0", "0", "1"]).sha256(),
        examples(labels=None).sha256(),
        examples(pairs=["", "", ""]).sha256(),
        examples(groups=["", "", ""]).sha256(),
        examples(texts=["a", "bc", ""]).sha256(),
    ]
    assert len(set(hashes)) == len(hashes)
    assert examples(ids=np.array([5, 6, 7])).sha256() == hashes[0]
    assert examples(texts=("a", "b", "c")).sha256() == hashes[0]
