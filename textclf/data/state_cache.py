"""The cache of token states: each text goes through a frozen language model once."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from textclf.data.batching import TextBatch
from textclf.data.states import States
from textclf.data.tokens import Tokens


class StateCache:
    """The states of one language model, in the files of the cache.

    Parameters
    ----------
    key : str
        A `digest` of everything that decides the states of given tokens: weights, layer, the library's version.
    dim : int
        The number of values of a token's state.
    compute : callable
        Computes the states ``(batch, seq, dim)`` float32 of a padded batch, on the batch's device.
    device : str
        The device of the batches that ``compute`` takes.
    """

    def __init__(self, key: str, dim: int, compute: Callable[[TextBatch], Tensor], device: str) -> None:
        self.key, self.dim, self.compute, self.device = key, dim, compute, device

    def states(self, tokens: Tokens) -> States | None:
        """Return the states of texts; compute and store those that the cache lacks.

        Returns None if the states of these texts are larger than the cache may be, or if they cannot be written; one
        warning says so.
        """
        raise NotImplementedError
