"""The checks of encoders, for every contextualiser with every pooling and for every whole encoder."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.models import gives_weights

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.conformance.encoder_checks import ENCODER_CHECKS, near_in_bfloat16, parameters_are_used
from textclf.conformance.requirement import ConformanceError
from textclf.conformance.samples import LENGTHS, TOLERANCE, Case
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.poolings import POOLINGS

COMPOSED = [{"encoder": c, "pooling": p} for c in CONTEXTUALISERS for p in POOLINGS]
VARIATIONS = [
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "last"},
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "mean", "pooling.score": "dot"},
    {"encoder": "lstm", "pooling": "last", "bidirectional": False},
    {"encoder": "lstm", "pooling": "attention", "layers": 2},
    {"encoder": "cnn", "pooling": "max", "windows": [2, 19]},
    {"encoder": "self_attention", "positions": "sinusoidal", "layers": 2, "heads": 3},
    {"encoder": "attentive_cnn", "windows": [2, 3]},
    {"encoder": "hierarchical", "words.encoder": "cnn", "words.pooling": "max", "sentences.encoder": "none"},
    {"encoder": "hierarchical", "words.pooling.query": "mean", "sentences.pooling": "multi_head"},
    {"encoder": "hierarchical", "words.pooling": "structured", "sentences.pooling.normaliser": "hard_reinforce"},
    {"encoder": "gru", "pooling": "attention", "layers": 2, "bidirectional": False},
    {"encoder": "none", "pooling": "multi_head", "pooling.heads": 3, "pooling.score": "cosine"},
    {"encoder": "lstm", "pooling": "structured", "pooling.rows": 3, "pooling.normaliser": "entmax15"},
    {"encoder": "cnn", "pooling": "label", "pooling.score": "bilinear", "pooling.normaliser": "sparsemax"},
    *({"encoder": "none", "pooling": "attention", "pooling.score": score} for score in SCORES),
    *({"encoder": "none", "pooling": "attention", "pooling.normaliser": normaliser} for normaliser in NORMALISERS),
    *({"encoder": "self_attention", "score": score} for score in SCORES if score != "concat"),
    *({"encoder": "self_attention", "normaliser": n} for n in NORMALISERS if n != "hard_reinforce"),
    *({"encoder": "attentive_cnn", "score": score} for score in SCORES),
    *({"encoder": "abcnn", "variant": 3, "score": score} for score in SCORES),
    *({"encoder": "abcnn", "variant": variant, "blocks": 2} for variant in range(4)),
    {"encoder": "abcnn", "variant": 2, "normalise_weights": False},
    {"encoder": "abcnn", "variant": 3, "window": 1},
]
WHOLE = [{"encoder": name} for name in WHOLE_ENCODERS]
EVERY = COMPOSED + WHOLE + VARIATIONS

every_encoder = pytest.mark.parametrize("keys", EVERY, ids=lambda keys: "-".join(str(value) for value in keys.values()))

# Other encoders may give a leaked pad no weight, or choose other keys after a rounding error.
# The first state of a text depends on no pad, and not on a recurrent network's recurrent weights.
FIRST = [keys for keys in EVERY if keys.get("pooling") == "first"]
SOFT = [keys for keys in EVERY if keys not in FIRST and not any(n in str(keys) for n in ("hard", "sparsemax"))]
every_soft_encoder = pytest.mark.parametrize(
    "keys", SOFT, ids=lambda keys: "-".join(str(value) for value in keys.values())
)


@every_encoder
@pytest.mark.parametrize("check", ENCODER_CHECKS, ids=lambda check: check.__name__)
def test_conforms(keys: dict, check: Callable[[Case], None]) -> None:
    if check is parameters_are_used and keys in FIRST and keys["encoder"] in {"lstm", "gru"}:
        with pytest.raises(ConformanceError, match="weight_hh_l0: expected a gradient"):
            check(Case(keys))
        return
    check(Case(keys))


@every_soft_encoder
def test_bfloat16_is_close_to_float32(keys: dict) -> None:
    near_in_bfloat16(Case(keys))


@every_soft_encoder
def test_a_pad_that_the_mask_includes_changes_the_logits(keys: dict) -> None:
    """The negative twin: one leaked pad changes the logits by far more than the tolerance."""
    model = Case(keys).model().eval()
    (text,) = Case(keys).batch()
    right = model(text).logits
    text.mask[0, LENGTHS[0]] = True
    assert (model(text).logits[0] - right[0]).abs().max() > 100 * TOLERANCE


@every_encoder
def test_encoders_with_attention_return_weights(keys: dict) -> None:
    weights = Case(keys).model().eval()(*Case(keys).batch()).pooled.weights
    assert (weights is not None) == gives_weights(keys), "a part without weights must be listed in helpers/models.py"
