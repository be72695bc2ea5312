"""Examples: texts with their labels, pairs and groups, as columns of equal length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Examples as columns of equal length.

    Attributes
    ----------
    texts : sequence of str
    labels : sequence of str, optional
    ids : np.ndarray
        ``(n,)`` int64, the number of each row in its file, from 0.
    pairs : sequence of str, optional
        Each text's second text.
    groups : sequence of str, optional
        The group of each row, such as the candidate answers to one question. The rows of a group stay in one split.
    """

    texts: Sequence[str]
    labels: Sequence[str] | None
    ids: np.ndarray
    pairs: Sequence[str] | None = None
    groups: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, texts: Sequence[str], labels: Sequence[str] | None = None) -> Examples:
        """Return examples that do not come from a file; their ids count from 0."""
        return cls(texts, labels, np.arange(len(texts)))

    def take(self, rows: np.ndarray) -> Examples:
        """Select ``rows`` ``(k,)``, in that order."""

        def chosen(column: Sequence[str] | None) -> list[str] | None:
            return None if column is None else [column[row] for row in rows]

        texts = [self.texts[row] for row in rows]
        return Examples(texts, chosen(self.labels), self.ids[rows], chosen(self.pairs), chosen(self.groups))

    def all_texts(self) -> list[str]:
        """Return all texts: the first texts of all rows, then the second texts."""
        return [*self.texts, *(self.pairs or ())]

    def identities(self) -> list[tuple[str, str]]:
        """Return the text and the second text of each row; rows in which both are equal are duplicates."""
        return list(zip(self.texts, self.pairs or [""] * len(self), strict=True))

    def sha256(self) -> str:
        """Return a hash of every column except the ids."""
        digest = hashlib.sha256()
        for column in (self.texts, self.labels, self.pairs, self.groups):
            digest.update(b"\x00" if column is None else "\x1f".join(column).encode("utf-8", "surrogatepass"))
            digest.update(b"\x1e")
        return digest.hexdigest()


def sorted_classes(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct labels, sorted by value if all are whole numbers, else alphabetically."""
    unique = set(labels)
    if all(label.removeprefix("-").isdecimal() for label in unique):
        return tuple(sorted(unique, key=lambda label: (int(label), label)))  # "1" and "01" are two labels
    return tuple(sorted(unique))
