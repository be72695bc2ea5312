"""The cache of token states: each text goes through a frozen language model once."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from textclf.data.batching import MOST_WORDS, Batches, Rows, TextBatch
from textclf.data.cache import DERIVED, GIGABYTE, cache_folder, files_of, is_intact, size_limit, store, unwritable
from textclf.data.states import KEY_BYTES, StateFile, States
from textclf.data.threads import each_on_threads
from textclf.data.tokens import Tokens
from textclf.errors import OutputError

FILE_TOKENS = 2**15  # a killed process loses at most the states of about so many tokens
GPU_WORDS = 2**15  # words and pads of a batch on a GPU

log = logging.getLogger("textclf")
_warned: set[tuple[str, type[Exception]]] = set()  # the models and reasons of the warnings of this process


class StateCache:
    """The states of one language model, in the files of the cache.

    Parameters
    ----------
    key : str
        A `digest` of everything that decides the states of given tokens: weights, layer, the library's version.
    dim : int
        The number of values of a token's state.
    compute : callable
        Computes the states ``(batch, seq, dim)`` float32 of a padded batch, on the batch's device. On a CPU, several
        threads call it at once, and each uses one core.
    device : str
        The device of the batches that ``compute`` takes.
    """

    def __init__(self, key: str, dim: int, compute: Callable[[TextBatch], Tensor], device: str) -> None:
        self.key, self.dim, self.compute, self.device = key, dim, compute, device
        self._name = f"{DERIVED}states-{key}"

    def states(self, tokens: Tokens) -> States | None:
        """Return the states of texts; compute and store those that the cache lacks.

        Returns None if the states of these texts are larger than the cache may be, if they cannot be written, or if
        float16 cannot hold them; one warning says so.

        Raises
        ------
        ConfigurationError
            If the size limit of the cache is not a positive number.
        """
        try:
            _check_size(len(tokens.ids) * self.dim * np.dtype(np.float16).itemsize)
            return self._states(tokens)
        except (_TooLargeError, _NotFloat16Error, OutputError) as reason:
            if (self.key, type(reason)) not in _warned:
                _warned.add((self.key, type(reason)))
                log.warning("the pretrained model computes its states again in every epoch: %s", reason)
            return None

    def _states(self, tokens: Tokens) -> States:
        keys, lengths = _text_keys(tokens), tokens.lengths
        files = self._read(set(keys))
        places = {key: place for number, file in enumerate(files) for key, place in file.places(number)}
        missing = {key: row for row, key in enumerate(keys) if key not in places and lengths[row]}
        for file in self._computed(tokens.take(np.fromiter(missing.values(), np.int64)), list(missing)):
            places.update(file.places(len(files)))
            files.append(self._written(file))
        nowhere = (0, 0)  # a text without tokens has no states
        file_of, first = np.array([places.get(key, nowhere) for key in keys], np.int64).reshape(-1, 2).T
        values = tuple(file.values for file in files) or (np.empty((0, self.dim), np.float16),)
        return States(values, file_of, first, lengths)

    def _read(self, needed: set[bytes]) -> list[StateFile]:
        """Return the files that hold the ``needed`` texts, and mark them as recently read."""
        files = []
        for path in files_of(self._name):
            with contextlib.suppress(Exception):  # libraries raise many types of errors for a damaged file
                file = StateFile.load(path)
                status = path.stat()
                if needed.isdisjoint(file.keys) or not _is_intact(path, status.st_ino, status.st_size):
                    continue
                needed = needed.difference(file.keys)
                files.append(file)
                os.utime(path)
        return files

    def _computed(self, tokens: Tokens, keys: Sequence[bytes]) -> Iterator[StateFile]:
        """Compute the states of texts, the shortest texts first; yield a file's share of them at a time."""
        on_cpu = torch.device(self.device).type == "cpu"
        most_words = MOST_WORDS if on_cpu else GPU_WORDS
        batches = Batches(tokens, None, batch_size=most_words, device=self.device)
        parts = batches.parts(most_words)

        def values(part: Rows) -> np.ndarray:
            return self._values(batches.batch(part).text)

        numbers = np.cumsum([tokens.lengths[rows].sum() for rows, _ in parts]) // FILE_TOKENS
        with contextlib.closing(
            each_on_threads(values, parts) if on_cpu else (values(part) for part in parts)
        ) as computed:
            for _, group in groupby(zip(numbers, parts, computed, strict=True), key=lambda item: item[0]):
                _, parts_of_file, values_of_file = zip(*group, strict=True)
                rows = np.concatenate([rows for rows, _ in parts_of_file])
                offsets = np.concatenate([[0], np.cumsum(tokens.lengths[rows])])
                yield StateFile([keys[row] for row in rows], offsets, np.concatenate(values_of_file))

    def _values(self, text: TextBatch) -> np.ndarray:
        """Compute the states of a batch without its pads, ``(tokens, dim)`` float16."""
        with torch.inference_mode():
            values = self.compute(text)[text.mask].half()
            if not values.isfinite().all():
                raise _NotFloat16Error("it computes numbers beyond 65504, the largest of float16")
        return values.cpu().numpy()

    def _written(self, file: StateFile) -> StateFile:
        """Write a file to the cache, and return it memory-mapped."""
        try:
            return StateFile.load(store(self._name, file.save))
        except OSError as error:
            raise unwritable(cache_folder(), error) from None


class _TooLargeError(Exception):
    """States are larger than the cache may be."""


class _NotFloat16Error(Exception):
    """States are not finite in float16."""


def _check_size(size: int) -> None:
    limit = size_limit()
    if size > limit:
        raise _TooLargeError(
            f"the states of these texts need {size / GIGABYTE:,.2f} GB, and the cache may hold "
            f"{limit / GIGABYTE:g} GB; set TEXTCLF_CACHE_LIMIT to a larger number of gigabytes"
        )


@cache
def _is_intact(path: Path, inode: int, size: int) -> bool:
    """Return whether a file has the content that was written; each process reads each file only once for this."""
    return is_intact(path)


def _text_keys(tokens: Tokens) -> list[bytes]:
    """Return a hash of each text's ids and sentence numbers."""
    columns = [tokens.ids] if tokens.sentences is None else [tokens.ids, tokens.sentences]
    flat = np.stack(columns, axis=1, dtype=np.int32).data  # each token's values stand side by side
    person = str(len(columns)).encode()  # two tokens of one value have another key than one token of two
    return [
        hashlib.blake2b(flat[begin:end], digest_size=KEY_BYTES, person=person).digest()
        for begin, end in zip(tokens.offsets[:-1].tolist(), tokens.offsets[1:].tolist(), strict=True)
    ]
