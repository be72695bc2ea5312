"""What every encoder promises, checked for every contextualiser with every pooling and every whole encoder."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.encoders import CONTEXTUALISERS, ENCODERS, WHOLE_ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.poolings import POOLINGS
from textclf.registry import unflatten

# Every axis has a size of its own, so that two that are swapped cannot pass.
VOCABULARY, EMBEDDING_DIM, HIDDEN_DIM, CLASSES, MAX_TOKENS = 23, 10, 12, 3, 17
LENGTHS = (7, 1, 13, 4, 2)
TOLERANCE = 1e-5

COMPOSED = [{"encoder": c, "pooling": p} for c in CONTEXTUALISERS for p in POOLINGS]
VARIATIONS = [
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "last"},
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "mean", "pooling.score": "dot"},
    {"encoder": "lstm", "pooling": "last", "bidirectional": False},
    {"encoder": "lstm", "pooling": "attention", "layers": 2},
    {"encoder": "cnn", "pooling": "max", "windows": [2, 19]},
    {"encoder": "self_attention", "positions": "sinusoidal", "layers": 2, "heads": 3},
    {"encoder": "self_attention", "score": "euclidean"},
    {"encoder": "attentive_cnn", "windows": [2, 3]},
    *({"encoder": "abcnn", "variant": variant, "blocks": 2} for variant in range(4)),
    {"encoder": "abcnn", "variant": 2, "normalise_weights": False},
    {"encoder": "abcnn", "variant": 3, "window": 1},
]
WHOLE = [{"encoder": name} for name in WHOLE_ENCODERS]
EVERY = COMPOSED + WHOLE + VARIATIONS

every_encoder = pytest.mark.parametrize("keys", EVERY, ids=lambda keys: "-".join(str(value) for value in keys.values()))


def classifier(keys: dict, dropout: float = 0.0) -> Classifier:
    """A classifier whose weights are all random: a zero row or a zero bias would hide a leak."""
    torch.manual_seed(5)
    options = {key: value for key, value in keys.items() if key != "encoder"}
    embedding = Embedding(torch.randn(VOCABULARY, EMBEDDING_DIM), dropout)
    encoder = build_encoder(ENCODERS.options(keys["encoder"], unflatten(options)), embedding, HIDDEN_DIM, MAX_TOKENS)
    made = Classifier(encoder, CLASSES, dropout)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def texts() -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randint(1, VOCABULARY, (length,), generator=generator) for length in LENGTHS]


def padded(rows: list[Tensor], pads: int = 0, fill: int = 0) -> tuple[Tensor, Tensor]:
    seq = max(len(row) for row in rows) + pads
    tokens = torch.full((len(rows), seq), fill)
    mask = torch.zeros(len(rows), seq, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, : len(row)], mask[index, : len(row)] = row, True
    return tokens, mask


@every_encoder
def test_a_text_alone_and_in_a_padded_batch_are_one(keys: dict) -> None:
    model = classifier(keys).eval()
    together = model(*padded(texts(), pads=3, fill=9)).logits
    for row, text in enumerate(texts()):
        alone = model(text[None], torch.ones(1, len(text), dtype=torch.bool)).logits[0]
        assert (alone - together[row]).abs().max() <= TOLERANCE


@every_encoder
def test_a_pad_taken_for_a_word_is_seen(keys: dict) -> None:
    """The negative twin: the tolerance above is far below what one leaked pad does."""
    model = classifier(keys).eval()
    tokens, mask = padded(texts(), pads=3, fill=9)
    right = model(tokens, mask).logits
    mask[0, LENGTHS[0]] = True
    assert (model(tokens, mask).logits[0] - right[0]).abs().max() > 100 * TOLERANCE


@every_encoder
def test_permuting_the_batch_permutes_the_logits(keys: dict) -> None:
    model = classifier(keys).eval()
    tokens, mask = padded(texts())
    order = torch.tensor([3, 0, 4, 2, 1])
    permuted = model(tokens[order], mask[order]).logits
    assert (permuted - model(tokens, mask).logits[order]).abs().max() <= TOLERANCE
    assert (permuted - model(tokens, mask).logits).abs().max() > 100 * TOLERANCE


@every_encoder
def test_every_parameter_gets_a_finite_gradient(keys: dict) -> None:
    model = classifier(keys, dropout=0.5).train()
    output = model(*padded(texts()))
    (output.logits.square().sum() + (output.pooled.penalty or 0)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0 or "queries_keys_values" in name or "linear.bias" in name, name


@every_encoder
def test_eval_is_deterministic_and_dropout_is_not(keys: dict) -> None:
    model = classifier(keys, dropout=0.5)
    batch = padded(texts())
    assert torch.equal(model.eval()(*batch).logits, model(*batch).logits)
    assert not torch.equal(model.train()(*batch).logits, model(*batch).logits)


@every_encoder
def test_a_text_of_one_word(keys: dict) -> None:
    model = classifier(keys).eval()
    logits = model(torch.tensor([[4]]), torch.tensor([[True]])).logits
    assert logits.shape == (1, CLASSES)
    assert logits.isfinite().all()


@every_encoder
def test_weights_sum_to_one_and_are_zero_on_pads(keys: dict) -> None:
    model = classifier(keys).eval()
    tokens, mask = padded(texts(), pads=3, fill=9)
    weights = model(tokens, mask).pooled.weights
    if weights is None:
        assert keys.get("pooling") != "attention"
        assert keys["encoder"] != "attentive_cnn"
        return
    assert weights.shape[::2] == (len(LENGTHS), tokens.shape[1])
    assert weights.dtype == torch.float32
    assert (weights >= 0).all()
    assert (weights.masked_select(~mask[:, None].expand_as(weights)) == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))


@every_encoder
def test_bfloat16_is_near_float32(keys: dict) -> None:
    model = classifier(keys).eval()
    batch = padded(texts())
    with torch.autocast("cpu", torch.bfloat16):
        half = model(*batch).logits.float()
    full = model(*batch).logits
    assert half.isfinite().all()
    assert (half - full).abs().max() < 0.1 * full.abs().max().clamp_min(1)


@every_encoder
def test_options_survive_being_written_down(keys: dict) -> None:
    from textclf.config import RunConfig

    config = RunConfig.parse(keys)
    assert RunConfig.parse(config.flat()).flat() == config.flat()
    assert all(config.flat()[key] == value for key, value in keys.items())
