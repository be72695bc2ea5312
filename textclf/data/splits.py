"""Splits: which rows train, which decide when to stop, which are measured. They depend on ``split_seed`` alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from textclf.data.corpora import Corpus
from textclf.data.examples import Examples
from textclf.data.near_duplicates import near_duplicates
from textclf.errors import ConfigurationError, DataError

TENTHS = 10  # a held-out split is one tenth
log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Splits:
    """Three splits and the classes, in the order of every probability column."""

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
    split_seed: int = 0,
    folds: int | None = None,
    fold: int | None = None,
    train_rows: int | None = None,
    test_rows: int | None = None,
    drop_near_duplicates: bool = False,
) -> Splits:
    """Cut a corpus into its splits.

    ``all`` alone is cut 80/10/10, stratified, or into ``folds`` of which ``fold`` is the test split and a tenth of the
    rest validates; ``train`` and ``test`` alone: a tenth of the training rows validates. Rows of one group stay
    together. A class that would lose all its training rows to another split keeps them, except where folds test each
    row once. Texts that also stand in a later split are dropped from training, then from validation; the test split
    never changes. With ``drop_near_duplicates``, near-duplicates of rows of a later split are dropped the same way. At
    last, ``train_rows`` and ``test_rows`` thin a split out, stratified.

    Raises
    ------
    ConfigurationError
        If folds are asked of a corpus that has a test split or fewer rows, ``fold`` is missing, or ``train_rows`` leave
        out a class.
    DataError
        If there is one class only, or one that training never sees, or no row to validate or to test on.
    """
    given = corpus.splits
    labels = {label for examples in given.values() for label in examples.labels or ()}
    if len(labels) < 2:
        raise DataError(f'{corpus.name}: only one class, "{"".join(labels)}"; a classifier needs at least two')
    if folds is not None and "all" not in given:
        raise ConfigurationError(f"folds: {corpus.name} has its own test split; leave folds out")
    if folds is not None and fold is None:
        raise ConfigurationError(f"fold: missing; with folds: {folds}, name one from 0 to {folds - 1}")
    if folds is not None and folds > len(given["all"]):
        raise ConfigurationError(f"folds: {folds}, but {corpus.name} has {len(given['all'])} rows; ask for fewer")
    if "all" in given:
        rows = given["all"]
        dealt = deal(rows, folds or TENTHS, split_seed)
        held = dealt == (fold or 0)
        held = held if folds is not None else _less_lost_classes(rows, held)  # of folds, each row is tested once
        rest, test = _where(rows, ~held), _where(rows, held)
        parts = TENTHS if folds is not None else TENTHS - 1  # 80/10/10: a ninth of nine tenths
    else:
        rest, test, parts = given["train"], given["test"], TENTHS
    if "validation" in given:
        train, validation = rest, given["validation"]
    else:
        held = _less_lost_classes(rest, deal(rest, parts, split_seed + 1) == 0, test)
        train, validation = _where(rest, ~held), _where(rest, held)
    given_train, given_validation = train, validation
    train = _without(train, validation, test)
    validation = _without(validation, test)
    if drop_near_duplicates:
        train = _unlike(train, validation, test)
        validation = _unlike(validation, test)
    _check_dropped(corpus.name, "training", given_train, train)
    _check_dropped(corpus.name, "validation", given_validation, validation)
    classes = _classes(corpus, train, validation, test)
    thinned = thin(train, train_rows, split_seed)
    unseen = [label for label in classes if label not in set(thinned.labels or ())]
    if unseen:
        raise ConfigurationError(f'train_rows: {train_rows} leaves no row of class "{unseen[0]}" in training; raise it')
    return Splits(thinned, validation, thin(test, test_rows, split_seed), classes)


def deal(examples: Examples, parts: int, seed: int) -> np.ndarray:
    """Deal rows (or groups of rows) like cards, class by class, so that each part has its share of every class.

    Returns
    -------
    np.ndarray
        ``(n,)``, which part, from 0, each row is in. Part sizes differ by 1 at most (by a group, with groups).
    """
    units = _units(examples)
    first = np.unique(units, return_index=True)[1]  # a group counts as its first row
    labels = _codes([(examples.labels or ())[row] for row in first]) if examples.labels else np.zeros(len(first), int)
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    part = np.empty(len(first), dtype=int)
    part[order] = np.arange(len(first)) % parts
    return part[units]


def thin(examples: Examples, rows: int | None, seed: int) -> Examples:
    """At most ``rows`` rows, each class with its share; of rows in groups as many whole groups as go in, or one."""
    if rows is None or rows >= len(examples):
        return examples
    random = np.random.default_rng(seed)
    if examples.groups is not None:
        groups = _codes(examples.groups)
        sizes = np.bincount(groups)
        order = random.permutation(len(sizes))
        last = max(1, int(np.searchsorted(sizes[order].cumsum(), rows, side="right")))
        return _where(examples, np.isin(groups, order[:last]))
    shuffled = random.permutation(len(examples))
    by_class = shuffled[np.argsort(_codes(examples.labels or ())[shuffled], kind="stable")]
    chosen = by_class[np.arange(rows) * len(examples) // rows]
    return examples.take(np.sort(chosen))


def hold_out(examples: Examples, *, seed: int, minimum: int = 50) -> tuple[Examples, Examples | None]:
    """A tenth of the unique texts for validation, all copies of a text on one side; None if there are few.

    Every class keeps a row in training.
    """
    keys = examples.identities()
    codes = {key: str(number) for number, key in enumerate(dict.fromkeys(keys))}
    if len(codes) < minimum:
        return examples, None
    grouped = replace(examples, groups=[codes[key] for key in keys])
    held = _less_lost_classes(grouped, deal(grouped, TENTHS, seed) == 0)
    return (_where(examples, ~held), _where(examples, held)) if held.any() else (examples, None)


def sorted_classes(labels: list[str]) -> tuple[str, ...]:
    """Unique labels: by value if all are whole numbers, else by the alphabet."""
    unique = set(labels)
    if all(label.removeprefix("-").isdecimal() for label in unique):
        return tuple(sorted(unique, key=lambda label: (int(label), label)))  # "1" and "01" are two labels
    return tuple(sorted(unique))


def _less_lost_classes(examples: Examples, held: np.ndarray, *later: Examples) -> np.ndarray:
    """``held`` ``(n,)`` without the rows, and the groups, of classes that training would lose.

    Those are the classes all of whose other rows have a text of a held row or of a later split.
    """
    labels, units = _codes(examples.labels or [""] * len(examples)), _units(examples)
    held_or_later = {key for split in (_where(examples, held), *later) for key in split.identities()}
    kept = np.array([key not in held_or_later for key in examples.identities()], dtype=bool)
    lost = ~np.isin(labels, labels[kept])
    return held & ~np.isin(units, units[lost])


def _units(examples: Examples) -> np.ndarray:
    return np.arange(len(examples)) if examples.groups is None else _codes(examples.groups)


def _codes(values: object) -> np.ndarray:
    return np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)[1]


def _where(examples: Examples, chosen: np.ndarray) -> Examples:
    return examples.take(np.flatnonzero(chosen))


def _without(examples: Examples, *later: Examples) -> Examples:
    seen = {key for split in later for key in split.identities()}
    kept = np.array([key not in seen for key in examples.identities()], dtype=bool)
    if not kept.all():
        log.info("%d texts that also stand in a later split were dropped", int((~kept).sum()))
    return _where(examples, kept)


def _unlike(examples: Examples, *later: Examples) -> Examples:
    dropped = [row for split in later for row in near_duplicates(examples, split)]
    return examples.take(np.setdiff1d(np.arange(len(examples)), dropped))


def _check_dropped(name: str, split: str, given: Examples, kept: Examples) -> None:
    """Refuse a split, or a class of the training split, of which only duplicates were there."""
    lost = sorted(set(given.labels or ()) - set(kept.labels or ()))
    if len(given) and not len(kept):
        what = f"the {split} split is empty: all its {len(given)} texts"
    elif lost and split == "training":
        what = f'class "{lost[0]}" has no training row left: all its {list(given.labels or ()).count(lost[0])} texts'
    else:
        return
    raise DataError(
        f"{name}: {what} also stand in a later split, and such duplicates are dropped; add rows of other texts"
    )


def _classes(corpus: Corpus, train: Examples, validation: Examples, test: Examples) -> tuple[str, ...]:
    classes = sorted_classes(list(train.labels or ()))
    everywhere = sorted_classes([*(train.labels or ()), *(validation.labels or ()), *(test.labels or ())])
    absent = [label for label in everywhere if label not in classes]
    if absent:
        raise DataError(
            f'{corpus.name}: class "{absent[0]}" is in the validation or test split, but no training row has it; '
            "add rows of it, or remove it"
        )
    for split, examples in (("validation", validation), ("test", test)):
        if not len(examples):
            raise DataError(
                f"{corpus.name}: no row is left for the {split} split, of {_contents([*corpus.splits.values()])}; each "
                "class keeps a text in training, and a group stays together: add rows of other texts"
            )
    return classes


def _contents(splits: list[Examples]) -> str:
    rows = sum(map(len, splits))
    texts = len({key for examples in splits for key in examples.identities()})
    classes = len({label for examples in splits for label in examples.labels or ()})
    groups = len({group for examples in splits for group in examples.groups or ()})
    return f"{rows} rows (different texts: {texts}, classes: {classes}{f', groups: {groups}' if groups else ''})"
