"""Small classifiers with random weights, and batches of texts of unequal length."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import TextBatch
from textclf.encoders import ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Sizes
from textclf.registry import unflatten

# Each axis has its own size, so that swapped axes are noticed.
VOCABULARY, EMBEDDING_DIM, HIDDEN_DIM, CLASSES, MAX_TOKENS = 23, 10, 12, 3, 17
LENGTHS = (7, 1, 13, 4, 2)
PAIR_LENGTHS = (3, 9, 1, 6, 11)  # of the second texts
SENTENCE = 4  # words
TOLERANCE = 1e-5

# The parts without attention weights; all others must return them.
POOLINGS_WITHOUT_WEIGHTS = {"last", "max", "mean"}
ABCNN_WITHOUT_WEIGHTS = {0, 1}  # variants


def classifier(keys: dict, dropout: float = 0.0, pairs: bool = False) -> Classifier:
    """Build a classifier with random weights only: a zero row or a zero bias could hide a leak of padding."""
    torch.manual_seed(5)
    options = {key: value for key, value in keys.items() if key != "encoder"}
    embedding = Embedding(torch.randn(VOCABULARY, EMBEDDING_DIM), dropout)
    sizes = Sizes(EMBEDDING_DIM, HIDDEN_DIM, MAX_TOKENS, CLASSES)
    encoder = build_encoder(ENCODERS.options(keys["encoder"], unflatten(options)), embedding, sizes, pairs)
    model = Classifier(encoder, CLASSES, dropout)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def texts() -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randint(1, VOCABULARY, (length,), generator=generator) for length in LENGTHS]


def others() -> list[Tensor]:
    generator = torch.Generator().manual_seed(11)
    return [torch.randint(1, VOCABULARY, (length,), generator=generator) for length in PAIR_LENGTHS]


def padded(rows: list[Tensor], pads: int = 0, fill: int = 0) -> TextBatch:
    """Pad texts to a batch; their sentences have four words, the last one may have fewer."""
    seq = max(len(row) for row in rows) + pads
    tokens = torch.full((len(rows), seq), fill)
    mask = torch.zeros(len(rows), seq, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, : len(row)], mask[index, : len(row)] = row, True
    return TextBatch(tokens, mask, (torch.arange(seq) // SENTENCE).expand_as(tokens) * mask)


def gives_weights(keys: dict) -> bool:
    """Whether an encoder must return attention weights."""
    flat = RunConfig.parse(keys).flat()
    if keys["encoder"] == "abcnn":
        return flat["variant"] not in ABCNN_WITHOUT_WEIGHTS
    poolings = {value for key, value in flat.items() if key.rpartition(".")[2] == "pooling"}
    return not poolings & POOLINGS_WITHOUT_WEIGHTS
