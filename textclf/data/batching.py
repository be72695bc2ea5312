"""Batches of texts of similar length, which need little padding. They are built on the model's device."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from textclf.data.states import States
from textclf.data.tokens import Tokens
from textclf.settings import DEFAULTS

MOST_WORDS = 2**13  # words and pads of a prediction batch on a CPU: its states then fit into the processor's cache
NOISE = 0.04  # before texts are sorted by length, a length changes at random by up to one word plus this share


class TextBatch(NamedTuple):
    """The texts of a batch, padded to the longest.

    Attributes
    ----------
    tokens : Tensor
        ``(batch, seq)`` int64.
    mask : Tensor
        ``(batch, seq)`` bool, True at tokens.
    sentences : Tensor, optional
        ``(batch, seq)`` int64, the number of each token's sentence in its text, from 0; None where no encoder needs it.
    states : Tensor, optional
        ``(batch, seq, dim)`` float16, the states that a frozen language model computed for the tokens, 0 at pads.
    """

    tokens: Tensor
    mask: Tensor
    sentences: Tensor | None = None
    states: Tensor | None = None


Rows = tuple[np.ndarray, Tensor]  # the rows of a batch, as an array and as a tensor on the device


@dataclass(frozen=True)
class Batch:
    """A batch of examples.

    Attributes
    ----------
    text : TextBatch
    pair : TextBatch, optional
        Each text's second text.
    labels : Tensor, optional
        ``(batch,)`` int64.
    rows : np.ndarray
        ``(batch,)``, the position of each text in the data.
    words : int
        Number of tokens, without pads.
    """

    text: TextBatch
    pair: TextBatch | None
    labels: Tensor | None
    rows: np.ndarray
    words: int

    def vocabulary(self) -> Tensor:
        """Return the distinct token ids of the batch, ascending."""
        sides = [side.tokens.flatten() for side in (self.text, self.pair) if side is not None]
        return torch.cat(sides).unique()


class DeviceTokens:
    """Tokens that are stored on a device, so that batches are built there.

    Parameters
    ----------
    tokens : Tokens
    device : torch.device
    states : States, optional
        The states of the same texts. They stay in memory-mapped files, and only those of a batch go to the device.
    """

    def __init__(self, tokens: Tokens, device: torch.device, states: States | None = None) -> None:
        self.lengths, self._states = tokens.lengths, states
        self._ids, self._offsets = _on(device, tokens.ids), _on(device, tokens.offsets)
        self._sentences = None if tokens.sentences is None else _on(device, tokens.sentences)

    def padded(self, rows: np.ndarray, places: Tensor) -> TextBatch:
        """Return the texts ``rows`` ``(batch,)`` as a padded batch.

        ``places`` is a copy of ``rows`` on the device; it avoids waiting for a transfer.
        """
        begins = self._offsets.index_select(0, places)[:, None]
        ends = self._offsets.index_select(0, places + 1)[:, None]
        longest = min(rounded_up(int(self.lengths[rows].max(initial=0))), int(self.lengths.max(initial=0)))
        positions = begins + torch.arange(longest, device=places.device)
        mask = positions < ends
        chosen = torch.where(mask, positions, 0).flatten()

        def filled(flat: Tensor) -> Tensor:
            return flat.index_select(0, chosen).view(mask.shape).long() * mask

        sentences = None if self._sentences is None else filled(self._sentences)
        states = None if self._states is None else self._states.padded(rows, longest, places.device)
        return TextBatch(filled(self._ids), mask, sentences, states)


def rounded_up(length: int) -> int:
    """Round a length up, by at most a sixteenth, to a multiple of a power of two.

    Batches of long texts then have few shapes. For each shape, oneDNN keeps its own bfloat16 kernels in memory; the
    kernels for 400 lengths take a gigabyte.

    >>> [rounded_up(length) for length in (31, 33, 100, 390)]
    [31, 34, 100, 400]
    """
    step = max(1, 2 ** (length.bit_length() - 5))
    return -(-length // step) * step


class Batches:
    """The batches of a split; each epoch draws new ones.

    Parameters
    ----------
    tokens : Tokens
    pairs : Tokens, optional
        Each text's second text.
    labels : np.ndarray, optional
        ``(texts,)`` int64, each text's class.
    batch_size : int
    batching : {"buckets", "shuffled"}
        ``buckets``: texts of similar length share a batch, and the batches come in random order. Random noise is added
        to the lengths before texts are sorted, so that each epoch has different batches. ``shuffled``: texts come in
        random order, which needs more padding.
    device : torch.device or str
        The device of tokens, labels and batches.
    states, pair_states : States, optional
        The states that a frozen language model computed for the texts and for their second texts.
    """

    def __init__(
        self,
        tokens: Tokens,
        labels: np.ndarray | None,
        *,
        batch_size: int,
        batching: str = DEFAULTS.batching,
        pairs: Tokens | None = None,
        device: torch.device | str = "cpu",
        states: States | None = None,
        pair_states: States | None = None,
    ) -> None:
        self.tokens, self.labels, self.pairs, self.device = tokens, labels, pairs, torch.device(device)
        self._lengths = tokens.lengths if pairs is None else tokens.lengths + pairs.lengths
        self._texts = DeviceTokens(tokens, self.device, states)
        self._pairs = None if pairs is None else DeviceTokens(pairs, self.device, pair_states)
        self._labels = None if labels is None else _on(self.device, labels)
        self.batch_size, self.batching = batch_size, batching

    @property
    def per_epoch(self) -> int:
        """The number of batches of an epoch."""
        return -(-len(self.tokens) // self.batch_size)

    def epoch(self, generator: torch.Generator) -> Iterator[Batch]:
        """Yield the batches of an epoch: every text once, in an order drawn from ``generator``."""
        batches = list(self._cut(self._order(generator)))
        for index in torch.randperm(len(batches), generator=generator).tolist():
            yield self.batch(batches[index])

    def _order(self, generator: torch.Generator) -> np.ndarray:
        if self.batching == "shuffled":
            return torch.randperm(len(self.tokens), generator=generator).numpy()
        noise = 2 * torch.rand(len(self.tokens), generator=generator).numpy() - 1
        return np.argsort(self._lengths + noise * (1 + NOISE * self._lengths), kind="stable")

    def in_order(self) -> Iterator[Batch]:
        """Yield every text once, the shortest first; ``Batch.rows`` gives their positions in the data."""
        return map(self.batch, self.parts())

    def parts(self, most_words: int | None = None) -> list[Rows]:
        """Return the rows of each batch of `in_order`; a batch has at most ``most_words`` words and pads, or one text.

        By default, a batch has at most `MOST_WORDS` words on a CPU, and any number on a GPU.
        """
        if most_words is None and self.device.type == "cpu":
            most_words = MOST_WORDS
        order = np.argsort(self._lengths, kind="stable")
        places, lengths = _on(self.device, order), self._lengths[order]
        parts, start = [], 0
        while start < len(order):
            next_lengths = lengths[start : start + self.batch_size]
            count = len(next_lengths)
            if most_words is not None:
                words = next_lengths * np.arange(1, 1 + count)  # of batches of the first 1, 2, … texts, pads included
                count = max(1, int((words <= most_words).sum()))
            parts.append((order[start : start + count], places[start : start + count]))
            start += count
        return parts

    def _cut(self, order: np.ndarray) -> Iterator[Rows]:
        """Cut an order into batches; the whole order is copied to the device at once."""
        places = _on(self.device, order)
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size], places[start : start + self.batch_size]

    def batch(self, part: Rows) -> Batch:
        """Build the batch of ``part``, which is an item of `parts`."""
        rows, places = part
        labels = None if self._labels is None else self._labels.index_select(0, places)
        pair = None if self._pairs is None else self._pairs.padded(rows, places)
        return Batch(self._texts.padded(rows, places), pair, labels, rows, int(self._lengths[rows].sum()))


def _on(device: torch.device, array: np.ndarray) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that a memory-mapped array must not be written to
        return torch.from_numpy(array).to(device)
