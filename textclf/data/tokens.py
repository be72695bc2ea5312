"""The token ids of many texts, stored in one flat array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Tokens:
    """The token ids of texts of different lengths, one text after the other.

    Attributes
    ----------
    ids : np.ndarray
        ``(tokens,)`` int32.
    offsets : np.ndarray
        ``(texts + 1,)`` int64; text i is ``ids[offsets[i] : offsets[i + 1]]``.
    sentences : np.ndarray, optional
        ``(tokens,)`` int32, the number of each token's sentence in its text, from 0.
    """

    ids: np.ndarray
    offsets: np.ndarray
    sentences: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """``(texts,)``, the number of tokens of each text."""
        return np.diff(self.offsets)

    def take(self, rows: np.ndarray) -> Tokens:
        """Return the texts ``rows``, in that order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Tokens(self.ids[places], offsets, None if self.sentences is None else self.sentences[places])

    def save(self, path: Path) -> None:
        """Write an Arrow file with a row per text, a column of ids and, if there are any, a column of sentences."""
        columns = {"ids": self.ids} | ({} if self.sentences is None else {"sentences": self.sentences})
        lists = {name: pa.LargeListArray.from_arrays(self.offsets, values) for name, values in columns.items()}
        table = pa.record_batch(lists)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_batch(table)

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """Read the file that `save` wrote, memory-mapped, so that processes share the memory."""
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).get_batch(0)
        flat = {name: table[name].values.to_numpy() for name in table.schema.names}
        return cls(flat["ids"], table["ids"].offsets.to_numpy(), flat.get("sentences"))
