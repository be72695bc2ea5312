"""The rules of every encoder, checked for each contextualiser with each pooling and for each whole encoder."""

from __future__ import annotations

import pytest
import torch
from helpers.models import CLASSES, LENGTHS, TOLERANCE, classifier, gives_weights, padded, texts

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.config import RunConfig
from textclf.data.batching import TextBatch
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

# With the others a pad that counts as a word may have no weight, or the last digit may decide which key is chosen.
SOFT = [keys for keys in EVERY if not any(name in str(keys) for name in ("hard", "sparsemax"))]
every_soft_encoder = pytest.mark.parametrize(
    "keys", SOFT, ids=lambda keys: "-".join(str(value) for value in keys.values())
)


@every_encoder
def test_a_text_has_the_same_logits_alone_and_in_a_padded_batch(keys: dict) -> None:
    model = classifier(keys).eval()
    together = model(padded(texts(), pads=3, fill=9)).logits
    for row, text in enumerate(texts()):
        alone = model(padded([text])).logits[0]
        assert (alone - together[row]).abs().max() <= TOLERANCE


@every_soft_encoder
def test_a_pad_that_counts_as_a_word_changes_the_logits(keys: dict) -> None:
    """The negative twin: the tolerance above is far below the effect of one pad."""
    model = classifier(keys).eval()
    text = padded(texts(), pads=3, fill=9)
    right = model(text).logits
    text.mask[0, LENGTHS[0]] = True
    assert (model(text).logits[0] - right[0]).abs().max() > 100 * TOLERANCE


@every_encoder
def test_permuting_the_batch_permutes_the_logits(keys: dict) -> None:
    model = classifier(keys).eval()
    text = padded(texts())
    order = torch.tensor([3, 0, 4, 2, 1])
    permuted = model(TextBatch(*(part[order] for part in text))).logits
    assert (permuted - model(text).logits[order]).abs().max() <= TOLERANCE
    assert (permuted - model(text).logits).abs().max() > 100 * TOLERANCE


@every_encoder
def test_every_parameter_has_a_finite_gradient(keys: dict) -> None:
    model = classifier(keys, dropout=0.5).train()
    output = model(padded(texts()))
    extra = [part.sum() for part in output.pooled[2:] if part is not None]
    (output.logits.square().sum() + sum(extra)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0 or "queries_keys_values" in name or "linear.bias" in name, name


@every_encoder
def test_eval_is_deterministic_and_dropout_is_not(keys: dict) -> None:
    model = classifier(keys, dropout=0.5)
    batch = padded(texts())
    assert torch.equal(model.eval()(batch).logits, model(batch).logits)
    assert not torch.equal(model.train()(batch).logits, model(batch).logits)


@every_encoder
def test_a_text_of_one_word(keys: dict) -> None:
    model = classifier(keys).eval()
    logits = model(TextBatch(torch.tensor([[4]]), torch.tensor([[True]]))).logits
    assert logits.shape == (1, CLASSES)
    assert logits.isfinite().all()


@every_encoder
def test_weights_sum_to_one_and_are_zero_on_pads(keys: dict) -> None:
    model = classifier(keys).eval()
    text = padded(texts(), pads=3, fill=9)
    mask, weights = text.mask, model(text).pooled.weights
    assert (weights is not None) == gives_weights(keys), "a part without weights must be listed in helpers/models.py"
    if weights is None:
        return
    assert weights.shape[::2] == mask.shape
    assert weights.dtype == torch.float32
    assert (weights >= 0).all()
    assert (weights.masked_select(~mask[:, None].expand_as(weights)) == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))


@every_soft_encoder
def test_bfloat16_is_near_float32(keys: dict) -> None:
    model = classifier(keys).eval()
    batch = padded(texts())
    with torch.autocast("cpu", torch.bfloat16):
        half = model(batch).logits.float()
    full = model(batch).logits
    assert half.isfinite().all()
    assert (half - full).abs().max() < 0.1 * full.abs().max().clamp_min(1)


@every_encoder
def test_options_can_be_parsed_again(keys: dict) -> None:
    config = RunConfig.parse(keys)
    assert RunConfig.parse(config.flat()).flat() == config.flat()
    assert all(config.flat()[key] == value for key, value in keys.items())
