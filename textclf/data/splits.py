"""Split a corpus into training, validation and test rows. The splits depend on ``split_seed``, not on a run's seed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from textclf.data.corpora import Corpus
from textclf.data.examples import Examples, sorted_classes
from textclf.data.near_duplicates import near_duplicates
from textclf.data.stratification import deal, ranks_of, select, thin, units_of
from textclf.errors import ConfigurationError, DataError, Problem

TENTHS = 10  # a held-out split is one tenth of the rows
FEWEST_TEXTS = 50  # with fewer distinct texts, `hold_out` returns no validation split
ClassesOf = Callable[[Sequence[str]], tuple[str, ...]]  # labels to classes
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Splits:
    """The three splits, and the classes in the order of the probability columns."""

    train: Examples
    validation: Examples
    test: Examples
    classes: tuple[str, ...]

    def parts(self) -> dict[str, Examples]:
        """Return the splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def split_corpus(
    corpus: Corpus,
    *,
    split_seed: int,
    folds: int | None,
    fold: int | None,
    train_rows: int | None,
    test_rows: int | None,
    drop_near_duplicates: bool,
    classes_of: ClassesOf = sorted_classes,
) -> Splits:
    """Split a corpus.

    - A corpus with ``all`` only is split 80/10/10, stratified; with ``folds``, ``fold`` is the test split and a tenth
      of the rest is the validation split. A corpus with ``train`` and ``test`` only gives a tenth of its training rows
      to validation.
    - Rows of one group stay together. A class that would lose all its training rows to another split keeps them,
      except with folds, which test each row once.
    - Texts that also occur in a later split are dropped from training, then from validation; the test split never
      changes. With ``drop_near_duplicates``, near-duplicates of rows of a later split are dropped in the same way.
    - Last, ``train_rows`` and ``test_rows`` limit the number of rows, stratified.
    - ``classes_of`` returns the classes of a list of labels; by default each distinct label is a class.

    Raises
    ------
    ConfigurationError
        If the corpus has its own test split or fewer rows than ``folds``, ``fold`` is missing, or ``train_rows`` is so
        small that a class has no row.
    DataError
        If there is only one class, a class without a training row, or a validation or test split without rows.
    """
    _check_classes_and_folds(corpus, folds, fold)
    all_train, all_validation, test = _cut(corpus.splits, split_seed, folds, fold)
    train, validation = _without(all_train, all_validation, test), _without(all_validation, test)
    if drop_near_duplicates:
        train = _unlike(train, validation, test)
        validation = _unlike(validation, test)
    _check_dropped(corpus.name, "training", all_train, train)
    _check_dropped(corpus.name, "validation", all_validation, validation)
    classes = _classes(corpus, classes_of, train, validation, test)
    thinned = thin(train, train_rows, split_seed)
    seen = set(classes_of(thinned.labels or ()))
    unseen = [name for name in classes if name not in seen]
    if unseen:
        raise ConfigurationError(
            Problem("train_rows", f'{train_rows} leaves no row of class "{unseen[0]}" in training; raise it')
        )
    return Splits(thinned, validation, thin(test, test_rows, split_seed), classes)


def _check_classes_and_folds(corpus: Corpus, folds: int | None, fold: int | None) -> None:
    """Refuse a corpus of one class, and folds that do not fit the corpus."""
    splits = corpus.splits
    labels = {label for examples in splits.values() for label in examples.labels or ()}
    if len(labels) < 2:
        raise DataError(f'{corpus.name}: only one class, "{"".join(labels)}"; a classifier needs at least two')
    if folds is not None and "all" not in splits:
        raise ConfigurationError(Problem("folds", f"{corpus.name} has its own test split; leave folds out"))
    if folds is not None and fold is None:
        raise ConfigurationError(Problem("fold", f"missing; with folds: {folds}, name one from 0 to {folds - 1}"))
    if folds is not None and folds > len(splits["all"]):
        raise ConfigurationError(
            Problem("folds", f"{folds}, but {corpus.name} has {len(splits['all'])} rows; choose fewer folds")
        )


def _cut(
    splits: dict[str, Examples], seed: int, folds: int | None, fold: int | None
) -> tuple[Examples, Examples, Examples]:
    """Return training, validation and test rows; a split that the corpus has stays as it is."""
    if "all" in splits:
        rows = splits["all"]
        held = deal(rows, folds or TENTHS, seed) == (fold or 0)
        held = held if folds is not None else _less_lost_classes(rows, held)  # folds test each row once
        rest, test = select(rows, ~held), select(rows, held)
        parts = TENTHS if folds is not None else TENTHS - 1  # 80/10/10: a ninth of nine tenths
    else:
        rest, test, parts = splits["train"], splits["test"], TENTHS
    if "validation" in splits:
        return rest, splits["validation"], test
    held = _less_lost_classes(rest, deal(rest, parts, seed + 1) == 0, test)
    return select(rest, ~held), select(rest, held), test


def hold_out(examples: Examples, *, seed: int) -> tuple[Examples, Examples | None]:
    """Move a tenth of the distinct texts, each with all its copies, to a validation split.

    Every class keeps a row in training. The second result is None with fewer than `FEWEST_TEXTS` distinct texts.
    """
    keys = examples.identities()
    codes = {key: str(number) for number, key in enumerate(dict.fromkeys(keys))}
    if len(codes) < FEWEST_TEXTS:
        return examples, None
    grouped = replace(examples, groups=[codes[key] for key in keys])
    held = _less_lost_classes(grouped, deal(grouped, TENTHS, seed) == 0)
    return (select(examples, ~held), select(examples, held)) if held.any() else (examples, None)


def _less_lost_classes(examples: Examples, held: np.ndarray, *later: Examples) -> np.ndarray:
    """Return ``held`` ``(n,)`` without the rows of classes that training would lose, and without their groups.

    Training loses a class if each of its remaining rows duplicates a held row or a row of a later split.
    """
    labels, units = ranks_of(examples.labels or [""] * len(examples)), units_of(examples)
    held_or_later = {key for split in (select(examples, held), *later) for key in split.identities()}
    kept = np.array([key not in held_or_later for key in examples.identities()], dtype=bool)
    lost = ~np.isin(labels, labels[kept])
    return held & ~np.isin(units, units[lost])


def _without(examples: Examples, *later: Examples) -> Examples:
    """Return the rows that have no duplicate in a later split."""
    seen = {key for split in later for key in split.identities()}
    kept = np.array([key not in seen for key in examples.identities()], dtype=bool)
    if not kept.all():
        log.info("%d texts that also occur in a later split were dropped", int((~kept).sum()))
    return select(examples, kept)


def _unlike(examples: Examples, *later: Examples) -> Examples:
    """Return the rows that have no near-duplicate in a later split."""
    dropped = [row for split in later for row in near_duplicates(examples, split)]
    return examples.take(np.setdiff1d(np.arange(len(examples)), dropped))


def _check_dropped(name: str, split: str, before: Examples, after: Examples) -> None:
    """Raise `DataError` if dropping duplicates leaves a split, or a class of the training split, without rows."""
    lost = sorted(set(before.labels or ()) - set(after.labels or ()))
    if len(before) and not len(after):
        what = f"the {split} split is empty: all its {len(before)} texts"
    elif lost and split == "training":
        what = f'class "{lost[0]}" has no training row left: all its {list(before.labels or ()).count(lost[0])} texts'
    else:
        return
    raise DataError(
        f"{name}: {what} also occur in a later split, and such duplicates are dropped; add rows of other texts"
    )


def _classes(
    corpus: Corpus, classes_of: ClassesOf, train: Examples, validation: Examples, test: Examples
) -> tuple[str, ...]:
    """Return the classes; refuse a class without training rows, and an empty validation or test split."""
    classes = classes_of(train.labels or ())
    everywhere = classes_of([*(train.labels or ()), *(validation.labels or ()), *(test.labels or ())])
    absent = [name for name in everywhere if name not in classes]
    if absent:
        raise DataError(
            f'{corpus.name}: class "{absent[0]}" is in the validation or test split, but no training row has it; '
            "add rows of it, or remove it"
        )
    for split, examples in (("validation", validation), ("test", test)):
        if not len(examples):
            raise DataError(
                f"{corpus.name}: none of the {_contents([*corpus.splits.values()])} is left for the {split} split; "
                "each class keeps a text in training, and a group stays together, so add rows of other texts"
            )
    return classes


def _contents(splits: list[Examples]) -> str:
    """Return the numbers of rows, distinct texts, classes and groups, for a message."""
    rows = sum(map(len, splits))
    texts = len({key for examples in splits for key in examples.identities()})
    classes = len({label for examples in splits for label in examples.labels or ()})
    groups = len({group for examples in splits for group in examples.groups or ()})
    return f"{rows} rows (different texts: {texts}, classes: {classes}{f', groups: {groups}' if groups else ''})"
