"""Batches: texts of similar length side by side, so that little is padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from textclf.data.tokens import Tokens

BUCKET_BATCHES = 50  # batches whose texts are sorted together: enough to pad little, few enough to stay random


@dataclass(frozen=True)
class Batch:
    """Some texts, padded to the longest.

    Attributes
    ----------
    tokens, mask : Tensor
        ``(batch, seq)`` int64, and bool: True at tokens.
    labels : Tensor, optional
        ``(batch,)`` int64.
    rows : np.ndarray
        ``(batch,)``, where each text stands among all.
    words : int
        How many tokens, without pads.
    """

    tokens: Tensor
    mask: Tensor
    labels: Tensor | None
    rows: np.ndarray
    words: int

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        if device.type == "cpu":
            return self
        labels = None if self.labels is None else self.labels.to(device, non_blocking=True)
        tokens, mask = self.tokens.to(device, non_blocking=True), self.mask.to(device, non_blocking=True)
        return replace(self, tokens=tokens, mask=mask, labels=labels)


class Batches:
    """All texts of a split, drawn anew each epoch.

    Parameters
    ----------
    tokens : Tokens
    labels : np.ndarray, optional
        ``(texts,)`` int64, each text's class.
    batch_size : int
    batching : {"buckets", "shuffled"}
        ``buckets``: texts of similar length share a batch, and the batches come in random order. ``shuffled``: texts
        come in random order, and are padded more.
    """

    def __init__(
        self, tokens: Tokens, labels: np.ndarray | None, *, batch_size: int, batching: str = "buckets"
    ) -> None:
        self.tokens, self.labels = tokens, labels
        self._lengths = tokens.lengths
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
        ids, mask = self.tokens.padded(rows)
        labels = None if self.labels is None else torch.from_numpy(self.labels[rows])
        return Batch(torch.from_numpy(ids), torch.from_numpy(mask), labels, rows, int(mask.sum()))
