"""Batches: texts of similar length side by side, so that little is padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from textclf.data.tokens import Tokens

BUCKET_BATCHES = 50  # batches whose texts are sorted together: enough to pad little, few enough to stay random

MOVED = ("text", "pair", "labels")  # what of a batch goes to the device


class Text(NamedTuple):
    """Some texts, padded to the longest.

    Attributes
    ----------
    tokens : Tensor
        ``(batch, seq)`` int64.
    mask : Tensor
        ``(batch, seq)`` bool, True at tokens.
    sentences : Tensor, optional
        ``(batch, seq)`` int64, which sentence of its text each token is in, from 0; only where an encoder asks.
    """

    tokens: Tensor
    mask: Tensor
    sentences: Tensor | None = None

    def to(self, device: torch.device) -> Text:
        """The same texts on ``device``."""
        sentences = None if self.sentences is None else self.sentences.to(device, non_blocking=True)
        return Text(self.tokens.to(device, non_blocking=True), self.mask.to(device, non_blocking=True), sentences)


@dataclass(frozen=True)
class Batch:
    """Some rows.

    Attributes
    ----------
    text : Text
    pair : Text, optional
        Each text's second text.
    labels : Tensor, optional
        ``(batch,)`` int64.
    rows : np.ndarray
        ``(batch,)``, where each text stands among all.
    words : int
        How many tokens, without pads.
    """

    text: Text
    pair: Text | None
    labels: Tensor | None
    rows: np.ndarray
    words: int

    def vocabulary(self) -> Tensor:
        """Every token id of the batch once, ascending."""
        sides = [side.tokens.flatten() for side in (self.text, self.pair) if side is not None]
        return torch.cat(sides).unique()

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        if device.type == "cpu":
            return self
        moved = {name: part.to(device) for name in MOVED if (part := getattr(self, name)) is not None}
        return replace(self, **moved)


class Batches:
    """All texts of a split, drawn anew each epoch.

    Parameters
    ----------
    tokens : Tokens
    pairs : Tokens, optional
        Each text's second text.
    labels : np.ndarray, optional
        ``(texts,)`` int64, each text's class.
    batch_size : int
    batching : {"buckets", "shuffled"}
        ``buckets``: texts of similar length share a batch, and the batches come in random order. ``shuffled``: texts
        come in random order, and are padded more.
    """

    def __init__(
        self,
        tokens: Tokens,
        labels: np.ndarray | None,
        *,
        batch_size: int,
        batching: str = "buckets",
        pairs: Tokens | None = None,
    ) -> None:
        self.tokens, self.labels, self.pairs = tokens, labels, pairs
        self._lengths = tokens.lengths if pairs is None else tokens.lengths + pairs.lengths
        self.batch_size, self.batching = batch_size, batching

    def epoch(self, generator: torch.Generator) -> Iterator[Batch]:
        """Every text once, in an order that ``generator`` decides."""
        order = torch.randperm(len(self.tokens), generator=generator).numpy()
        chunk = self.batch_size * (BUCKET_BATCHES if self.batching == "buckets" else 1)
        batches = []
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            if self.batching == "buckets":
                rows = rows[np.argsort(self._lengths[rows], kind="stable")]
            batches += [rows[at : at + self.batch_size] for at in range(0, len(rows), self.batch_size)]
        for index in torch.randperm(len(batches), generator=generator).tolist():
            yield self._batch(batches[index])

    def in_order(self) -> Iterator[Batch]:
        """Every text once, short ones first; ``rows`` says where each belongs."""
        order = np.argsort(self._lengths, kind="stable")
        for start in range(0, len(order), self.batch_size):
            yield self._batch(order[start : start + self.batch_size])

    def _batch(self, rows: np.ndarray) -> Batch:
        labels = None if self.labels is None else torch.from_numpy(self.labels[rows])
        pair = None if self.pairs is None else padded_text(self.pairs, rows)
        return Batch(padded_text(self.tokens, rows), pair, labels, rows, int(self._lengths[rows].sum()))


def padded_text(tokens: Tokens, rows: np.ndarray) -> Text:
    """The texts ``rows`` as a `Text`."""
    ids, mask, sentences = tokens.padded(rows)
    numbers = None if sentences is None else torch.from_numpy(sentences)
    return Text(torch.from_numpy(ids), torch.from_numpy(mask), numbers)
