"""Small models with random weights, and batches of texts of unequal length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import TextBatch
from textclf.training.building import build_classifier
from textclf.training.device import random_state

# Every axis has a size of its own, so that a check fails if two axes are exchanged.
VOCABULARY, EMBEDDING_DIM, HIDDEN_DIM, CLASSES, MAX_TOKENS = 23, 10, 12, 3, 17
LENGTHS = (7, 1, 13, 4, 2)
PAIR_LENGTHS = (3, 9, 1, 6, 11)  # of second texts
SENTENCE = 4  # words in a sentence
SIZES = {"embedding_dim": EMBEDDING_DIM, "hidden_dim": HIDDEN_DIM, "max_tokens": MAX_TOKENS}
TOLERANCE, LANGUAGE_MODEL_TOLERANCE = 1e-5, 1e-4


def classifier(keys: Mapping[str, Any], dropout: float = 0.0, pairs: bool = False, seed: int = 5) -> Classifier:
    """Build a classifier with random weights everywhere, because a row or a bias of zeros could hide a leak.

    Raises
    ------
    ConfigurationError
        If the parts in ``keys`` cannot be combined.
    """
    config = RunConfig.parse({**keys, **SIZES, "dropout": dropout})
    with random_state(seed):
        model = build_classifier(config, torch.randn(VOCABULARY, EMBEDDING_DIM), CLASSES, pairs)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return model


@dataclass(frozen=True)
class Case:
    """A model to check.

    Attributes
    ----------
    keys : mapping
        The keys of a run that choose its parts.
    pairs : bool, default False
        Whether the model reads pairs of texts.
    part : type, default nn.Module
        The class of the part that is checked; by default every module of the model is checked.
    """

    keys: Mapping[str, Any]
    pairs: bool = False
    part: type[nn.Module] = nn.Module

    @property
    def tolerance(self) -> float:
        """The largest difference between equal logits; a language model adds up rounding errors of many layers."""
        return TOLERANCE if RunConfig.parse(self.keys).language_model is None else LANGUAGE_MODEL_TOLERANCE

    def model(self, dropout: float = 0.0, seed: int = 5) -> Classifier:
        """Build the model, with random weights; see `classifier`."""
        return classifier(self.keys, dropout, self.pairs, seed)

    def batch(self) -> list[TextBatch]:
        """Return a padded batch of texts, and one of second texts for pairs; pads hold tokens other than 0."""
        return [padded(texts(), pads=3, fill=9), padded(others(), pads=2, fill=5)][: 1 + self.pairs]

    def alone(self) -> list[list[TextBatch]]:
        """Return the same texts, or pairs, each as a batch of its own without pads."""
        return [[padded([side]) for side in row] for row in zip(*(texts(), others())[: 1 + self.pairs], strict=True)]

    def __str__(self) -> str:
        parts = [f"{key}: {value}" for key, value in self.keys.items()]
        return ", ".join([*parts, *(["pairs of texts"] if self.pairs else [])])


def texts() -> list[Tensor]:
    """Return the tokens of each text, with the lengths `LENGTHS`."""
    return _random_tokens(LENGTHS, 7)


def others() -> list[Tensor]:
    """Return the tokens of each second text, with the lengths `PAIR_LENGTHS`."""
    return _random_tokens(PAIR_LENGTHS, 11)


def _random_tokens(lengths: tuple[int, ...], seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(1, VOCABULARY, (length,), generator=generator) for length in lengths]


def padded(rows: list[Tensor], pads: int = 0, fill: int = 0) -> TextBatch:
    """Return a batch of texts, ``pads`` longer than the longest; each sentence has four words, the last up to four."""
    seq = max(len(row) for row in rows) + pads
    tokens = torch.full((len(rows), seq), fill)
    mask = torch.zeros(len(rows), seq, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, : len(row)], mask[index, : len(row)] = row, True
    return TextBatch(tokens, mask, (torch.arange(seq) // SENTENCE).expand_as(tokens) * mask)
