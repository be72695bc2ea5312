"""The checks of encoders for pairs of texts: padding either text changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.models import gives_weights

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.conformance.encoder_checks import ENCODER_CHECKS
from textclf.conformance.samples import LENGTHS, PAIR_LENGTHS, TOLERANCE, Case
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
@pytest.mark.parametrize("check", ENCODER_CHECKS, ids=lambda check: check.__name__)
def test_conforms(keys: dict, check: Callable[[Case], None]) -> None:
    check(Case(keys, pairs=True))


@every_encoder
@pytest.mark.parametrize("side", [0, 1])
def test_a_pad_that_the_mask_includes_changes_the_logits(keys: dict, side: int) -> None:
    case = Case(keys, pairs=True)
    model, sides = case.model().eval(), case.batch()
    right = model(*sides).logits
    sides[side].mask[0, (LENGTHS, PAIR_LENGTHS)[side][0]] = True
    assert (model(*sides).logits[0] - right[0]).abs().max() > 100 * TOLERANCE


@every_encoder
def test_encoders_with_attention_return_weights_of_both_texts(keys: dict) -> None:
    case = Case(keys, pairs=True)
    pooled = case.model().eval()(*case.batch()).pooled
    assert [weights is not None for weights in (pooled.weights, pooled.pair_weights)] == [gives_weights(keys)] * 2
