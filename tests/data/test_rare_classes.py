"""Rare classes: each keeps a training row."""

import numpy as np
import pytest
from helpers.defaults import split

from textclf.data.corpora import Corpus
from textclf.data.examples import Examples
from textclf.data.splits import hold_out
from textclf.data.stratification import deal
from textclf.errors import DataError


def corpus(**splits):
    return Corpus("corpus", splits, "")


def labelled(labels, **columns):
    return Examples([f"text {row}" for row in range(len(labels))], labels, np.arange(len(labels)), **columns)


@pytest.mark.parametrize("seed", range(12))
def test_every_class_keeps_a_training_row(seed):
    """Large and tiny classes; with some seeds, a plain split would hold out all rows of a tiny class."""
    labels = ["a"] * 70 + ["b"] * 70 + [f"rare {number // 2}" for number in range(20)] + ["one", "two", "three"]
    examples, test = labelled(labels), Examples(["t", "u"], ["a", "b"], np.arange(2))
    training, validation = hold_out(examples, seed=seed)
    assert set(training.labels) == set(labels)
    assert len(training) + len(validation) == 163
    assert 13 <= len(validation) <= 17
    for parts in ({"all": examples}, {"train": examples, "test": test}):
        splits = split(corpus(**parts), split_seed=seed)
        assert set(splits.train.labels) == set(labels)
        assert len(splits.train) + len(splits.validation) + len(splits.test) == 163 + (2 if "test" in parts else 0)


def test_a_rare_class_stays_in_training_with_the_copies_or_the_group_of_its_row():
    copies = Examples(
        ["same"] * 2 + [f"text {row}" for row in range(99)], ["a", "rare"] + ["a", "b"] * 49 + ["a"], np.arange(101)
    )
    groups = [f"question {row // 4}" for row in range(400)]
    grouped = labelled(["no", "rare"] + ["no", "yes"] * 199, groups=groups)
    for seed in range(12):
        training, validation = hold_out(copies, seed=seed)
        assert "rare" in training.labels
        assert set(training.texts).isdisjoint(validation.texts)
        splits = split(corpus(all=grouped), split_seed=seed)
        assert "rare" in splits.train.labels
        assert set(splits.train.groups).isdisjoint(splits.validation.groups + splits.test.groups)


def test_a_class_whose_rows_have_copies_stays_in_training():
    """A copy of a held-out text is dropped from training, so its class needs another training row."""
    many, labels = [f"text {row}" for row in range(160)], ["a", "b"] * 80
    copies = Examples([*many, "same", "same"], [*labels, "rare", "rare"], np.arange(162))
    train = Examples([*many, "tested", "only"], [*labels, "rare", "rare"], np.arange(162))
    test = Examples(["tested", "x", "y"], ["rare", "a", "b"], np.arange(3))
    for seed in range(12):
        assert "rare" in split(corpus(all=copies), split_seed=seed).train.labels
        assert "only" in split(corpus(train=train, test=test), split_seed=seed).train.texts


def test_nothing_is_held_out_if_every_class_has_one_row():
    single = labelled([f"class {number}" for number in range(60)])
    assert hold_out(single, seed=0) == (single, None)


def test_a_fold_that_tests_the_only_row_of_a_class_is_refused():
    single = labelled(["a"] * 15 + ["b"] * 14 + ["one"])
    tested = [fold for fold in range(5) if "one" in np.array(single.labels)[deal(single, 5, seed=0) == fold]]
    with pytest.raises(DataError, match='class "one" is in the validation or test split, but no training row'):
        split(corpus(all=single), folds=5, fold=tested[0])
    other = split(corpus(all=single), folds=5, fold=(tested[0] + 1) % 5)
    assert other.train.labels.count("one") == 1
