"""Rows: texts with their labels, in columns of equal length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Columns of equal length.

    Attributes
    ----------
    texts : sequence of str
    labels : sequence of str, optional
    ids : np.ndarray
        ``(n,)`` int64, each row's number in the file that it came from, from 0.
    pairs : sequence of str, optional
        Each text's second text.
    groups : sequence of str, optional
        Rows of one group (a question's candidate answers) are ranked together and never split.
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
        """Texts that come from no file."""
        return cls(texts, labels, np.arange(len(texts)))

    def take(self, rows: np.ndarray) -> Examples:
        """The rows ``rows`` ``(k,)``, in that order."""

        def chosen(column: Sequence[str] | None) -> list[str] | None:
            return None if column is None else [column[row] for row in rows]

        texts = [self.texts[row] for row in rows]
        return Examples(texts, chosen(self.labels), self.ids[rows], chosen(self.pairs), chosen(self.groups))

    def all_texts(self) -> list[str]:
        """Every text, first and second."""
        return [*self.texts, *(self.pairs or ())]

    def label_indices(self, classes: Sequence[str]) -> np.ndarray:
        """Return the position of each row's label in ``classes``: ``(n,)`` int64."""
        index = {label: position for position, label in enumerate(classes)}
        return np.array([index[label] for label in self.labels or ()], dtype=np.int64)

    def identities(self) -> list[tuple[str, str]]:
        """What makes two rows duplicates: the text and its pair."""
        return list(zip(self.texts, self.pairs or [""] * len(self), strict=True))

    def sha256(self) -> str:
        """A hash of every column but the ids."""
        digest = hashlib.sha256()
        for column in (self.texts, self.labels, self.pairs, self.groups):
            digest.update(b"\x00" if column is None else "\x1f".join(column).encode("utf-8", "surrogatepass"))
            digest.update(b"\x1e")
        return digest.hexdigest()
