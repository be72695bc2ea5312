"""Stratified selection of rows: every part has its share of every class, and rows of one group stay together."""

from __future__ import annotations

import numpy as np

from textclf.data.examples import Examples


def deal(examples: Examples, parts: int, seed: int) -> np.ndarray:
    """Divide rows (or groups of rows) into parts that each have their share of every class.

    Returns
    -------
    np.ndarray
        ``(n,)``, the part of each row, from 0. Two parts differ by at most one row, or with groups by
        at most one group.
    """
    units = units_of(examples)
    first = np.unique(units, return_index=True)[1]  # a group has the label of its first row
    labels = ranks_of([(examples.labels or ())[row] for row in first]) if examples.labels else np.zeros(len(first), int)
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    part = np.empty(len(first), dtype=int)
    part[order] = np.arange(len(first)) % parts
    return part[units]


def thin(examples: Examples, rows: int | None, seed: int) -> Examples:
    """Select at most ``rows`` rows, stratified; with groups, as many whole groups as fit, at least one."""
    if rows is None or rows >= len(examples):
        return examples
    random = np.random.default_rng(seed)
    if examples.groups is not None:
        groups = ranks_of(examples.groups)
        sizes = np.bincount(groups)
        order = random.permutation(len(sizes))
        last = max(1, int(np.searchsorted(sizes[order].cumsum(), rows, side="right")))
        return select(examples, np.isin(groups, order[:last]))
    shuffled = random.permutation(len(examples))
    by_class = shuffled[np.argsort(ranks_of(examples.labels or ())[shuffled], kind="stable")]
    chosen = by_class[np.arange(rows) * len(examples) // rows]
    return examples.take(np.sort(chosen))


def units_of(examples: Examples) -> np.ndarray:
    """Return the number of each row's group; without groups, of the row itself."""
    return np.arange(len(examples)) if examples.groups is None else ranks_of(examples.groups)


def ranks_of(values: object) -> np.ndarray:
    """Return each value's rank among the sorted distinct values."""
    return np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)[1]


def select(examples: Examples, chosen: np.ndarray) -> Examples:
    """Return the rows for which ``chosen`` ``(n,)`` is True."""
    return examples.take(np.flatnonzero(chosen))
