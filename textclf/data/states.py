"""The token states that a frozen language model computes for texts, stored in float16."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


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

    def padded(self, rows: np.ndarray, seq: int) -> Tensor:
        """Return the states of the texts ``rows``, ``(batch, seq, dim)`` float16, 0 at pads."""
        states = np.zeros((len(rows), seq, self.files[0].shape[1]), np.float16)
        for place, row in enumerate(rows):
            first, length = self.first[row], self.lengths[row]
            states[place, :length] = self.files[self.file_of[row]][first : first + length]
        return torch.from_numpy(states)
