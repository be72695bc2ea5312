"""The rules of every encoder of two texts: padding in either text changes nothing."""

from __future__ import annotations

import pytest
import torch
from helpers.models import CLASSES, LENGTHS, PAIR_LENGTHS, TOLERANCE, classifier, gives_weights, others, padded, texts

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.data.batching import TextBatch
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS

COMPOSED = [{"encoder": c, "pooling": "attention", "interaction": i} for c in CONTEXTUALISERS for i in INTERACTIONS]
EVERY = [
    *COMPOSED,
    *({"encoder": name} for name in WHOLE_ENCODERS),
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "other"},
    *({"encoder": "gru", "pooling": pooling} for pooling in POOLINGS),
    {"encoder": "none", "interaction": "cross_attention", "interaction.score": "euclidean"},
    *({"encoder": "abcnn", "variant": variant, "blocks": 2} for variant in range(4)),
    {"encoder": "abcnn", "variant": 2, "normalise_weights": True},
    *({"encoder": "abcnn", "variant": 3, "score": score} for score in SCORES),
    *(
        {"encoder": "none", "interaction": "cross_attention", "interaction.normaliser": normaliser}
        for normaliser in NORMALISERS
        if not normaliser.startswith("hard")
    ),
]
every_encoder = pytest.mark.parametrize("keys", EVERY, ids=lambda keys: "-".join(str(value) for value in keys.values()))


@every_encoder
def test_a_pair_has_the_same_logits_alone_and_in_a_padded_batch(keys: dict) -> None:
    model = classifier(keys, pairs=True).eval()
    left, right = padded(texts(), pads=3, fill=9), padded(others(), pads=2, fill=5)
    together = model(left, right).logits
    assert together.shape == (len(LENGTHS), CLASSES)
    for row, (text, other) in enumerate(zip(texts(), others(), strict=True)):
        alone = model(padded([text]), padded([other])).logits[0]
        assert (alone - together[row]).abs().max() <= TOLERANCE


@every_encoder
@pytest.mark.parametrize("side", [0, 1])
def test_a_pad_that_counts_as_a_word_changes_the_logits(keys: dict, side: int) -> None:
    model = classifier(keys, pairs=True).eval()
    sides = [padded(texts(), pads=3, fill=9), padded(others(), pads=2, fill=5)]
    right = model(*sides).logits
    sides[side].mask[0, (LENGTHS, PAIR_LENGTHS)[side][0]] = True
    assert (model(*sides).logits[0] - right[0]).abs().max() > 100 * TOLERANCE


@every_encoder
def test_every_parameter_has_a_finite_gradient(keys: dict) -> None:
    model = classifier(keys, dropout=0.5, pairs=True).train()
    model(padded(texts()), padded(others())).logits.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@every_encoder
def test_weights_of_both_texts_sum_to_one_and_are_zero_on_pads(keys: dict) -> None:
    model = classifier(keys, pairs=True).eval()
    left, right = padded(texts(), pads=3, fill=9), padded(others(), pads=2, fill=5)
    pooled = model(left, right).pooled
    for text, weights in ((left, pooled.weights), (right, pooled.pair_weights)):
        assert (weights is not None) == gives_weights(keys)
        if weights is not None:
            assert weights.shape[::2] == text.mask.shape
            assert (weights.masked_select(~text.mask[:, None].expand_as(weights)) == 0).all()
            torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))


def test_two_texts_of_one_word() -> None:
    for keys in EVERY:
        word = TextBatch(torch.tensor([[4]]), torch.tensor([[True]]))
        assert classifier(keys, pairs=True).eval()(word, word).logits.isfinite().all()
