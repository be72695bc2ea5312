"""The hierarchical encoder equals a loop that encodes each sentence alone."""

from __future__ import annotations

import pytest
import torch

from textclf.data.batching import TextBatch
from textclf.encoders import ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Sizes
from textclf.encoders.hierarchical import Hierarchical
from textclf.errors import ConfigurationError
from textclf.registry import unflatten

VOCABULARY, SIZES = 19, Sizes(word_dim=6, hidden_dim=4, max_tokens=11, classes=3)
# Two texts: the first has sentences of 3, 1 and 2 words; the second has one sentence of 4 words.
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
    embedding = Embedding(torch.randn(VOCABULARY, SIZES.word_dim))
    options = ENCODERS.options("hierarchical", unflatten(keys))
    return build_encoder(options, embedding, SIZES).eval()  # type: ignore[return-value]


@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_equals_a_loop_over_sentences(keys: dict) -> None:
    model = encoder(keys)
    pooled = model(TextBatch(TOKENS, MASK, SENTENCES))
    for row, lengths in enumerate([[3, 1, 2], [4]]):
        begin, vectors, weights = 0, [], []
        for length in lengths:
            alone = torch.ones(1, length, dtype=torch.bool)
            sentence = model.words(model.embedding(TOKENS[row : row + 1, begin : begin + length], alone), alone)
            vectors.append(sentence.vector)
            weights.append(sentence.weights)
            begin += length
        whole = model.sentences(torch.stack(vectors, 1), torch.ones(1, len(lengths), dtype=torch.bool))
        torch.testing.assert_close(pooled.vector[row : row + 1], whole.vector)
        if pooled.weights is not None:
            expected = torch.cat([one[0, 0] * whole.weights[0, 0, at] for at, one in enumerate(weights)])
            torch.testing.assert_close(pooled.weights[row, 0, :begin], expected)
    other = model(TextBatch(TOKENS, MASK, torch.tensor([[0, 0, 1, 1, 2, 2], [0] * 6]))).vector
    assert not torch.allclose(other[0], pooled.vector[0]), "other sentence boundaries must change the vector"
    torch.testing.assert_close(other[1], pooled.vector[1])


def test_a_text_of_one_sentence_has_the_vector_of_the_sentence() -> None:
    """Attention over one key returns the key."""
    model = encoder({"sentences.encoder": "none", "sentences.pooling": "attention"})
    pooled = model(TextBatch(TOKENS, MASK))
    sentence = model.words(model.embedding(TOKENS, MASK), MASK)
    torch.testing.assert_close(pooled.vector, sentence.vector)
    torch.testing.assert_close(pooled.weights, sentence.weights)
    several = model(TextBatch(TOKENS, MASK, SENTENCES)).vector
    assert not torch.allclose(several[0], sentence.vector[0])


@pytest.mark.parametrize("keys", [*KEYS, {"words.pooling": "structured", "sentences.pooling": "structured"}], ids=str)
def test_pooling_fewer_sentences_at_once_changes_nothing(keys: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    model, text = encoder(keys), TextBatch(TOKENS, MASK, SENTENCES)
    whole = model(text)
    monkeypatch.setattr("textclf.encoders.hierarchical.SENTENCES_AT_ONCE", 3)
    parts = model(text)
    for name in ("vector", "weights", "penalty"):
        part, expected = getattr(parts, name), getattr(whole, name)
        assert (part is None) == (expected is None)
        if part is not None:
            torch.testing.assert_close(part, expected)


def test_a_pooling_with_a_vector_for_each_class_is_refused_for_words() -> None:
    with pytest.raises(ConfigurationError, match=r"words.pooling: label .* choose it for sentences.pooling"):
        encoder({"words.pooling": "label"})
    encoder({"sentences.pooling": "label"})


@pytest.mark.parametrize("level", ["words", "sentences"])
@pytest.mark.parametrize(("key", "value"), [("pooling.query", "other"), ("interaction", "cross_attention")])
def test_a_part_that_needs_pairs_of_texts_is_refused_at_both_levels(level: str, key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{level}.{key.partition('.')[0]}: .* needs pairs of texts"):
        encoder({f"{level}.{key}": value})
