"""Token ids of many texts in one flat array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


@dataclass(frozen=True)
class Tokens:
    """Texts of unequal length, end to end.

    Attributes
    ----------
    ids : np.ndarray
        ``(tokens,)`` int32.
    offsets : np.ndarray
        ``(texts + 1,)`` int64; text i is ``ids[offsets[i] : offsets[i + 1]]``.
    sentences : np.ndarray, optional
        ``(tokens,)`` int32, which sentence of its text each token is in, from 0.
    """

    ids: np.ndarray
    offsets: np.ndarray
    sentences: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """``(texts,)``, in tokens."""
        return np.diff(self.offsets)

    def save(self, path: Path) -> None:
        """Write the arrays, as `load` reads them."""
        sentences = {} if self.sentences is None else {"sentences": self.sentences}
        save_file({"ids": self.ids, "offsets": self.offsets, **sentences}, path)

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """The tokens that `save` wrote."""
        return cls(**load_file(path))

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Ids ``(rows, longest)`` int64, 0 at pads; the mask, True at tokens; sentences like ids, if there are any."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        positions = np.arange(lengths.max(initial=0))
        mask = positions < lengths[:, None]
        places = np.where(mask, self.offsets[rows][:, None] + positions, 0)

        def filled(flat: np.ndarray) -> np.ndarray:
            return np.where(mask, flat[places], 0).astype(np.int64)

        return filled(self.ids), mask, None if self.sentences is None else filled(self.sentences)
