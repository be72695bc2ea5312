"""The token states that a frozen language model computes for texts, stored in float16."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

KEY_BYTES = 16


@dataclass(frozen=True)
class StateFile:
    """The states of some texts, one text after the other.

    Attributes
    ----------
    keys : sequence of bytes
        A hash of each text's tokens, of `KEY_BYTES` bytes.
    offsets : np.ndarray
        ``(texts + 1,)`` int64; the states of text i are ``values[offsets[i] : offsets[i + 1]]``.
    values : np.ndarray
        ``(tokens, dim)`` float16.
    """

    keys: Sequence[bytes]
    offsets: np.ndarray
    values: np.ndarray

    def places(self, number: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
        """Yield each text's key with its place: ``number``, the file's own, and the row of its first token."""
        for key, first in zip(self.keys, self.offsets[:-1].tolist(), strict=True):
            yield key, (number, first)

    def save(self, path: Path) -> None:
        """Write an Arrow file with a row per text, a column of keys and a column of states."""
        states = pa.FixedSizeListArray.from_arrays(pa.array(self.values.reshape(-1)), self.values.shape[1])
        columns = {
            "keys": pa.array(self.keys, pa.binary(KEY_BYTES)),
            "states": pa.LargeListArray.from_arrays(self.offsets, states),
        }
        table = pa.record_batch(columns)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_batch(table)

    @classmethod
    def load(cls, path: Path) -> StateFile:
        """Read the file that `save` wrote; the states are memory-mapped."""
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).get_batch(0)
        states = table["states"]
        values = states.values.flatten().to_numpy().reshape(-1, states.values.type.list_size)
        return cls(table["keys"].to_pylist(), states.offsets.to_numpy(), values)


@dataclass(frozen=True)
class States:
    """The token states of many texts, in memory-mapped files that hold several texts each.

    Attributes
    ----------
    files : tuple of np.ndarray
        Each ``(tokens, dim)`` float16: the states of some texts, one text after the other.
    file_of, first : np.ndarray
        ``(texts,)`` int64: the file of each text, and the row of its first token there.
    lengths : np.ndarray
        ``(texts,)`` int64, the number of tokens of each text.
    """

    files: tuple[np.ndarray, ...]
    file_of: np.ndarray
    first: np.ndarray
    lengths: np.ndarray

    def padded(self, rows: np.ndarray, seq: int, device: torch.device) -> Tensor:
        """Return the states of the texts ``rows``, ``(batch, seq, dim)`` float16, 0 at pads.

        On a GPU, the copy to the device does not wait for earlier work: the batch is built in page-locked memory.
        """
        on_gpu = device.type == "cuda"
        batch = torch.empty((len(rows), seq, self.files[0].shape[1]), dtype=torch.float16, pin_memory=on_gpu)
        texts = zip(self.file_of[rows].tolist(), self.first[rows].tolist(), self.lengths[rows].tolist(), strict=True)
        for states, (file, first, length) in zip(batch.numpy(), texts, strict=True):
            states[:length] = self.files[file][first : first + length]
            states[length:] = 0
        return batch.to(device, non_blocking=on_gpu)
