"""Hierarchical: equal to reading each sentence by itself, one after the other."""

from __future__ import annotations

import pytest
import torch

from textclf.data.batching import TextBatch
from textclf.encoders import ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.hierarchical import Hierarchical
from textclf.errors import ConfigurationError
from textclf.registry import unflatten

VOCABULARY, DIM, HIDDEN, CLASSES, MAX_TOKENS = 19, 6, 4, 3, 11
# Two texts: sentences of 3, 1 and 2 words; one sentence of 4.
TOKENS = torch.tensor([[5, 8, 2, 7, 11, 3], [4, 9, 1, 6, 0, 0]])
MASK = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
SENTENCES = torch.tensor([[0, 0, 0, 1, 2, 2], [0, 0, 0, 0, 0, 0]])
KEYS = [
    {},
    {"words.encoder": "cnn", "words.pooling": "max", "sentences.encoder": "none", "sentences.pooling": "mean"},
    {"words.encoder": "lstm", "words.pooling": "last", "sentences.encoder": "self_attention"},
]


def encoder(keys: dict) -> Hierarchical:
    torch.manual_seed(3)
    embedding = Embedding(torch.randn(VOCABULARY, DIM))
    options = ENCODERS.options("hierarchical", unflatten(keys))
    return build_encoder(options, embedding, HIDDEN, MAX_TOKENS, CLASSES).eval()  # type: ignore[return-value]


@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_equals_a_loop_over_sentences(keys: dict) -> None:
    made = encoder(keys)
    pooled = made(TextBatch(TOKENS, MASK, SENTENCES))
    for row, lengths in enumerate([[3, 1, 2], [4]]):
        begin, vectors, shares = 0, [], []
        for length in lengths:
            alone = torch.ones(1, length, dtype=torch.bool)
            read = made.words(made.embedding(TOKENS[row : row + 1, begin : begin + length], alone), alone)
            vectors.append(read.vector)
            shares.append(read.weights)
            begin += length
        whole = made.sentences(torch.stack(vectors, 1), torch.ones(1, len(lengths), dtype=torch.bool))
        torch.testing.assert_close(pooled.vector[row : row + 1], whole.vector)
        if pooled.weights is not None:
            expected = torch.cat([share[0, 0] * whole.weights[0, 0, at] for at, share in enumerate(shares)])
            torch.testing.assert_close(pooled.weights[row, 0, :begin], expected)
    other = made(TextBatch(TOKENS, MASK, torch.tensor([[0, 0, 1, 1, 2, 2], [0] * 6]))).vector
    assert not torch.allclose(other[0], pooled.vector[0]), "where sentences end must matter"
    torch.testing.assert_close(other[1], pooled.vector[1])


def test_one_sentence_is_read_by_the_sentence_encoder_alone() -> None:
    """Over one key, attention pooling gives the key itself."""
    made = encoder({"sentences.encoder": "none", "sentences.pooling": "attention"})
    pooled = made(TextBatch(TOKENS, MASK))
    read = made.words(made.embedding(TOKENS, MASK), MASK)
    torch.testing.assert_close(pooled.vector, read.vector)
    torch.testing.assert_close(pooled.weights, read.weights)
    several = made(TextBatch(TOKENS, MASK, SENTENCES)).vector
    assert not torch.allclose(several[0], read.vector[0])


@pytest.mark.parametrize("keys", [*KEYS, {"words.pooling": "structured", "sentences.pooling": "structured"}], ids=str)
def test_reading_some_sentences_at_a_time_changes_nothing(keys: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    made, text = encoder(keys), TextBatch(TOKENS, MASK, SENTENCES)
    whole = made(text)
    monkeypatch.setattr("textclf.encoders.hierarchical.SENTENCES_AT_ONCE", 3)
    parts = made(text)
    for name in ("vector", "weights", "penalty"):
        found, expected = getattr(parts, name), getattr(whole, name)
        assert (found is None) == (expected is None)
        if found is not None:
            torch.testing.assert_close(found, expected)


def test_a_sentence_needs_one_vector() -> None:
    with pytest.raises(ConfigurationError, match=r"words.pooling: label .* choose it for sentences.pooling"):
        encoder({"words.pooling": "label"})
    encoder({"sentences.pooling": "label"})
