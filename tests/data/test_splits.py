"""Splits: which rows are for training, validation and test."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from helpers.defaults import split

from textclf.data.corpora import Corpus
from textclf.data.examples import Examples
from textclf.data.splits import hold_out, sorted_classes
from textclf.data.stratification import deal, thin
from textclf.errors import ConfigurationError, DataError


def rows(count, classes=("a", "a", "b"), start=0, **columns):
    """``count`` different texts whose labels cycle through ``classes``."""
    numbers = range(start, start + count)
    labels = [classes[number % len(classes)] for number in numbers]
    return Examples([f"text {number}" for number in numbers], labels, np.arange(count), **columns)


def corpus(**splits):
    return Corpus("corpus", splits, "")


def ids(splits):
    return [set(part.ids.tolist()) for part in (splits.train, splits.validation, splits.test)]


def test_all_is_split_80_10_10_stratified_without_losing_a_row():
    splits = split(corpus(all=rows(210)))
    train, validation, test = ids(splits)
    assert (len(train), len(validation), len(test)) == (168, 21, 21)
    assert train | validation | test == set(range(210))
    assert train.isdisjoint(validation | test)
    assert validation.isdisjoint(test)
    assert Counter(splits.test.labels) == Counter(splits.validation.labels) == {"a": 14, "b": 7}
    assert splits.classes == ("a", "b")


def test_the_splits_depend_on_the_split_seed_only():
    assert ids(split(corpus(all=rows(210)))) == ids(split(corpus(all=rows(210)), split_seed=0))
    assert ids(split(corpus(all=rows(210)), split_seed=1)) != ids(split(corpus(all=rows(210))))


def test_folds_test_every_row_once_and_validate_on_a_tenth_of_the_rest():
    folds = [split(corpus(all=rows(210)), folds=7, fold=fold) for fold in range(7)]
    tested = [number for splits in folds for number in splits.test.ids.tolist()]
    assert sorted(tested) == list(range(210))
    for splits in folds:
        assert (len(splits.train), len(splits.validation), len(splits.test)) == (162, 18, 30)
        assert Counter(splits.test.labels) == {"a": 20, "b": 10}


def test_a_tenth_of_the_training_rows_becomes_the_validation_split_and_the_test_split_is_unchanged():
    test = rows(13, start=500)
    splits = split(corpus(train=rows(150), test=test))
    assert (len(splits.train), len(splits.validation)) == (135, 15)
    assert (list(splits.test.texts), list(splits.test.labels)) == (test.texts, test.labels)


def test_the_split_seed_decides_which_training_rows_become_the_validation_split():
    given = corpus(train=rows(150), test=rows(13, start=500))
    first, other = (split(given, split_seed=seed).validation.ids.tolist() for seed in (0, 1))
    assert first != other
    assert first == split(given).validation.ids.tolist()


def test_given_splits_are_unchanged():
    given = {"train": rows(30), "validation": rows(7, start=100), "test": rows(5, start=200)}
    splits = split(corpus(**given))
    assert [list(part.texts) for part in (splits.train, splits.validation, splits.test)] == [
        part.texts for part in given.values()
    ]


def test_texts_that_a_later_split_also_has_are_dropped_and_the_test_split_never_changes():
    train = Examples(["v", "t", "x", "y", "y"], ["a", "b", "a", "b", "b"], np.arange(5))
    validation = Examples(["v", "t", "w"], ["a", "b", "a"], np.arange(3))
    test = Examples(["t", "t", "z"], ["b", "b", "a"], np.arange(3))
    splits = split(corpus(train=train, validation=validation, test=test))
    assert splits.train.texts == ["x", "y", "y"]
    assert splits.validation.texts == ["v", "w"]
    assert splits.test.texts == ["t", "t", "z"]


def test_equal_texts_with_different_pairs_are_no_duplicates():
    train = Examples(["t", "t", "x"], ["a", "b", "b"], np.arange(3), ["one", "two", ""])
    test = Examples(["t", "z"], ["a", "b"], np.arange(2), ["two", ""])
    validation = Examples(["w"], ["a"], np.arange(1), [""])
    splits = split(corpus(train=train, validation=validation, test=test))
    assert list(zip(splits.train.texts, splits.train.pairs, strict=True)) == [("t", "one"), ("x", "")]


@pytest.mark.parametrize("options", [{}, {"folds": 5, "fold": 2}])
def test_groups_stay_together(options):
    groups = [f"question {number // 3}" for number in range(300)]
    splits = split(corpus(all=rows(300, groups=groups)), **options)
    train, validation, test = (set(part.groups) for part in (splits.train, splits.validation, splits.test))
    assert train.isdisjoint(validation | test)
    assert validation.isdisjoint(test)
    assert len(splits.test) == (30 if not options else 60)


def test_train_rows_and_test_rows_are_stratified_and_change_one_split_each():
    full = split(corpus(all=rows(2100)))
    fewer = split(corpus(all=rows(2100)), train_rows=90, test_rows=60)
    assert Counter(fewer.train.labels) == {"a": 60, "b": 30}
    assert Counter(fewer.test.labels) == {"a": 40, "b": 20}
    assert set(fewer.train.ids.tolist()) < set(full.train.ids.tolist())
    assert fewer.validation.ids.tolist() == full.validation.ids.tolist()
    other = split(corpus(all=rows(2100)), train_rows=90, split_seed=1)
    assert set(other.train.ids.tolist()) != set(fewer.train.ids.tolist())


def test_train_rows_may_exceed_the_number_of_rows():
    assert thin(rows(5), 9, seed=0).ids.tolist() == [0, 1, 2, 3, 4]
    assert len(thin(rows(9), 5, seed=0)) == 5


def test_training_rows_too_few_for_the_classes_are_refused():
    everything = corpus(all=rows(300, classes=("a", "b", "c")))
    assert len(split(everything, train_rows=3).train) == 3
    with pytest.raises(ConfigurationError, match="train_rows: 2 leaves no row of class"):
        split(everything, train_rows=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 5}, "fold: missing; with folds: 5, name one from 0 to 4"),
        ({"folds": 31, "fold": 0}, "folds: 31, but corpus has 30 rows"),
    ],
)
def test_impossible_folds_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        split(corpus(all=rows(30)), **options)


def test_folds_of_a_corpus_with_a_test_split_are_refused():
    with pytest.raises(ConfigurationError, match="its own test split; leave folds out"):
        split(corpus(train=rows(30), test=rows(5, start=50)), folds=5, fold=0)


def test_a_corpus_with_one_class_only_is_refused():
    with pytest.raises(DataError, match='only one class, "a"'):
        split(corpus(all=rows(30, classes=("a",))))


@pytest.mark.parametrize("where", ["validation", "test"])
def test_a_class_without_a_training_row_is_refused(where):
    given = {"train": rows(30), "validation": rows(6, start=50), "test": rows(6, start=60)}
    given[where] = rows(6, classes=("a", "b", "c"), start=70)
    with pytest.raises(DataError, match='class "c" is in the validation or test split'):
        split(corpus(**given))


def test_a_validation_split_of_duplicates_only_is_refused():
    same = rows(4, start=50)
    with pytest.raises(DataError, match="the validation split is empty: all its 4 texts also occur in a later split"):
        split(corpus(train=rows(30), validation=same, test=same))


def test_a_class_whose_training_rows_are_all_duplicates_is_refused():
    same = rows(4, classes=("a", "b", "c"), start=50)
    training = Examples([*rows(30).texts, *same.texts], [*(rows(30).labels or ()), *(same.labels or ())], np.arange(34))
    with pytest.raises(DataError, match=r'class "c" has no training row left: all its \d texts also occur in a later'):
        split(corpus(train=training, test=same))


def test_a_training_split_of_duplicates_only_is_refused():
    with pytest.raises(DataError, match="the training split is empty: all its 30 texts also occur in a later split"):
        split(corpus(train=rows(30), validation=rows(6, start=60), test=rows(30)))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "-1", "9"], ("-1", "9", "10")),
        (["10", "9", "b"], ("10", "9", "b")),
        (["pos", "neg"], ("neg", "pos")),
        (["1.5", "10"], ("1.5", "10")),
    ],
)
def test_classes_are_sorted_as_numbers_if_all_are_whole_numbers(labels, classes):
    assert sorted_classes(labels) == classes


def test_labels_of_equal_value_are_different_classes_whose_order_does_not_depend_on_the_hash_seed():
    code = "from textclf.data.splits import sorted_classes; print(sorted_classes(['1', '01', '001', '0']))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
        ).stdout.strip()
        for seed in range(3)
    }
    assert outputs == {"('0', '001', '01', '1')"}


def test_dealt_parts_differ_by_one_row_at_most_in_size_and_in_every_class():
    examples = rows(47, classes=("a", "b", "b", "c", "c"))
    parts = deal(examples, 7, seed=3)
    sizes = np.bincount(parts, minlength=7)
    assert sizes.max() - sizes.min() == 1
    for label in "abc":
        counts = np.bincount(parts[np.array(examples.labels) == label], minlength=7)
        assert counts.max() - counts.min() <= 1


def test_a_tenth_of_the_unique_texts_is_held_out_with_all_their_copies():
    unique = rows(120)
    copies = unique.take(np.repeat(np.arange(120), 3))
    training, validation = hold_out(copies, seed=0)
    assert (len(training), len(validation)) == (324, 36)
    assert not set(training.texts) & set(validation.texts)
    assert training.groups is None
    assert hold_out(copies, seed=0)[1].texts == validation.texts
    assert hold_out(copies, seed=1)[1].texts != validation.texts


def test_nothing_is_held_out_of_fewer_than_fifty_distinct_texts():
    few = rows(49).take(np.arange(98) % 49)
    training, validation = hold_out(few, seed=0)
    assert (training, validation) == (few, None)
    assert hold_out(rows(50), seed=0)[1] is not None


def test_train_rows_selects_whole_groups():
    test = rows(700, groups=[f"question {number // 7}" for number in range(700)])
    assert set(Counter(thin(test, 60, seed=0).groups).values()) == {7}
    assert len(thin(test, 60, seed=0)) == 56, "as many groups as fit"
    assert len(thin(test, 3, seed=0)) == 7, "at least one group"
    assert thin(test, 60, seed=0).groups != thin(test, 60, seed=1).groups
