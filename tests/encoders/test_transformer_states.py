"""The encoder `transformer` on a tiny random BERT, against the library transformers and plain loops."""

import re

import numpy as np
import pytest
import torch

from textclf.config import RunConfig
from textclf.data.batching import TextBatch
from textclf.data.language_models import find_language_model
from textclf.data.subwords import SubwordTokenizer
from textclf.errors import ConfigurationError
from textclf.training.building import build_classifier

TEXTS = ["a good film", "", "the bad plot, seeing the scene and the end!", "not great"]
OTHERS = ["the actor", "bad films", "", "a story"]
MAX_TOKENS = 12


@pytest.fixture
def build(tiny_model):
    """Return a function that builds a classifier of 3 classes in eval mode, always with the same random weights."""

    def built(pairs=False, **keys):
        keys = {
            "encoder": "transformer",
            "model": str(tiny_model),
            "max_tokens": MAX_TOKENS,
            "special_tokens": True,
        } | keys
        torch.manual_seed(0)
        return build_classifier(RunConfig.parse(keys), torch.zeros(2, 3), 3, pairs).eval()

    return built


@pytest.fixture
def tokenizer(tiny_model):
    return SubwordTokenizer.load(find_language_model(str(tiny_model)).tokenizer)


@pytest.fixture
def body(tiny_model):
    from transformers import AutoModel

    return AutoModel.from_pretrained(tiny_model, local_files_only=True).eval()


def padded(tokens, joint=False):
    lengths = tokens.lengths
    mask = torch.arange(int(lengths.max()))[None] < torch.from_numpy(lengths)[:, None]

    def filled(flat):
        values = torch.zeros(mask.shape, dtype=torch.long)
        values[mask] = torch.from_numpy(flat.astype(np.int64))
        return values

    return TextBatch(filled(tokens.ids), mask, filled(tokens.sentences) if joint else None)


def batch(tokenizer, texts=TEXTS):
    return padded(tokenizer.encode(texts, MAX_TOKENS))


def alone(text, row):
    """Return one text of a batch, without its pads."""
    length = int(text.mask[row].sum())
    return TextBatch(*(None if part is None else part[row : row + 1, :length] for part in text))


def reference(body, text):
    """Return the states of all layers, ``(layers + 1, seq, dim)``, of the single text of a batch without pads."""
    types = torch.zeros_like(text.tokens) if text.sentences is None else text.sentences
    with torch.no_grad():
        output = body(input_ids=text.tokens, token_type_ids=types, output_hidden_states=True)
    return torch.stack(output.hidden_states)[:, 0]


def problem(build, **keys):
    with pytest.raises(ConfigurationError) as caught:
        build(**keys)
    (only,) = caught.value.problems
    assert "\n" not in str(only)
    return str(only)


@pytest.mark.parametrize("layer", [0, 1, 2, -1, -2, -3])
def test_the_vectors_are_the_states_of_the_layer(build, tokenizer, body, layer):
    text = batch(tokenizer)
    vectors = build(layer=layer).encoder.embedding(text)
    for row in range(len(TEXTS)):
        expected = reference(body, alone(text, row))[layer]
        torch.testing.assert_close(vectors[row, : len(expected)], expected, rtol=0, atol=1e-4)
        assert not vectors[row, len(expected) :].any()
        assert not torch.allclose(expected, reference(body, alone(text, row))[(layer + 1) % 3], atol=1e-1)


def test_mix_is_the_scaled_weighted_mean_of_all_layers(build, tokenizer, body):
    embedding = build(layer="mix").encoder.embedding
    text = batch(tokenizer, TEXTS[:1])
    states = reference(body, text)
    torch.testing.assert_close(embedding(text)[0], states.mean(0), rtol=0, atol=1e-4)
    s, scale = torch.tensor([0.5, -1.0, 2.0]), 3.0
    with torch.no_grad():
        embedding.mixed.copy_(s)
        embedding.scale.fill_(scale)
    expected = scale * sum(s[layer].exp() / s.exp().sum() * states[layer] for layer in range(3))
    torch.testing.assert_close(embedding(text)[0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("special_tokens", [True, False])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_pooling_equals_a_loop_over_texts(build, tokenizer, body, pooling, special_tokens):
    text = batch(tokenizer)
    vectors = build(pooling=pooling, special_tokens=special_tokens).encoder(text).vector
    for row, written in enumerate(TEXTS):
        states = reference(body, alone(text, row))[-1]
        inner = states if special_tokens or not written else states[1:-1]  # an empty text has special tokens only
        expected = states[0] if pooling == "first" else inner.mean(0)
        torch.testing.assert_close(vectors[row], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("keys", [{}, {"special_tokens": False}, {"then": "lstm"}, {"pooling": "attention"}])
def test_a_text_has_the_same_logits_alone_and_in_a_batch(build, tokenizer, keys):
    classifier, text = build(**keys), batch(tokenizer)
    logits = classifier(text).logits
    for row in range(len(TEXTS)):
        torch.testing.assert_close(logits[row : row + 1], classifier(alone(text, row)).logits, rtol=0, atol=1e-4)
    unmasked = classifier(text._replace(mask=torch.ones_like(text.mask))).logits
    assert (unmasked - logits)[0].abs().max() > 1e-3, "this test must fail if pads count as tokens"


def test_attention_weights_are_0_at_tokens_that_are_left_out(build, tokenizer):
    text = batch(tokenizer)
    weights = build(pooling="attention", special_tokens=False).encoder(text).weights
    assert weights.shape == (len(TEXTS), 1, text.mask.shape[1])
    torch.testing.assert_close(weights.sum(-1), torch.ones(len(TEXTS), 1))
    for row, length in enumerate(text.mask.sum(1).tolist()):
        assert not weights[row, :, length:].any()
        if TEXTS[row]:
            assert not weights[row, :, [0, length - 1]].any()
            assert (weights[row, :, 1 : length - 1] > 0).all()
    assert (build(pooling="attention").encoder(text).weights[:, 0, 0] > 0).all()


@pytest.mark.parametrize("layer", [-1, "mix"])
def test_stored_states_give_the_logits_of_computed_ones(build, tokenizer, layer):
    classifier, text = build(layer=layer), batch(tokenizer)
    states = classifier.encoder.embedding.states(text)
    assert states.shape[-1] == classifier.encoder.embedding.states_dim
    stored = text._replace(states=states.half())
    torch.testing.assert_close(classifier(stored).logits, classifier(text).logits, rtol=0, atol=2e-2)
    other = text._replace(states=states.flip(0).half())
    assert (classifier(other).logits - classifier(text).logits).abs().max() > 1e-1, "the stored states must be read"


def test_only_a_trained_language_model_is_part_of_the_module(build, body):
    frozen, full = (build(train=train).encoder.embedding for train in ("none", "full"))
    assert frozen.frozen
    assert not list(frozen.parameters())
    assert frozen.schedule is None
    assert not full.frozen
    assert full.schedule == (5e-5, 0.1)
    weights = {name: weight for name, weight in body.named_parameters() if not name.startswith("pooler")}
    trained = dict(full.network.body.named_parameters())
    assert trained.keys() == weights.keys()
    assert all(weight.requires_grad and torch.equal(weight, weights[name]) for name, weight in trained.items())


def test_an_lstm_reads_the_states(build, tokenizer):
    classifier, text = build(then="lstm", hidden_dim=4), batch(tokenizer)
    encoder = classifier.encoder
    context = encoder.contextualiser(encoder.embedding(text), text.mask)
    expected = encoder.pooling(context, text.mask).vector
    torch.testing.assert_close(encoder(text).vector, expected)
    assert classifier(text).logits.shape == (len(TEXTS), 3)


def test_two_texts_are_encoded_one_by_one_and_combined(build, tokenizer):
    text, other = batch(tokenizer), batch(tokenizer, OTHERS)
    u, v = (build().encoder(side).vector for side in (text, other))
    vector = build(pairs=True).encoder(text, other).vector
    torch.testing.assert_close(vector, torch.cat([u, v, (u - v).abs(), u * v], 1))


def test_a_joint_pair_is_one_text_with_type_numbers(build, tokenizer, body):
    text = padded(tokenizer.encode_joint(TEXTS, OTHERS, MAX_TOKENS, 32), joint=True)
    vectors = build(pairs=True, joint=True).encoder(text).vector
    assert vectors.shape == (len(TEXTS), 16)
    for row in range(len(TEXTS)):
        expected = reference(body, alone(text, row))[-1].mean(0)
        torch.testing.assert_close(vectors[row], expected, rtol=0, atol=1e-4)
        untyped = reference(body, alone(text._replace(sentences=None), row))[-1].mean(0)
        assert (untyped - expected).abs().max() > 1e-2, "this test must fail without type numbers"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"layer": 9}, "layer: 9, but .* has the layers 0 .* to 2"),
        ({"layer": -4}, "layer: -4, but"),
        ({"then": "abcnn"}, 'contextualiser "abcnn"'),
        ({"joint": True}, "joint: needs pairs of texts"),
        ({"max_tokens": 31}, "max_tokens: 31, but .* at most 30 subwords .* set max_tokens to 30 or less"),
        ({"max_tokens": 30, "joint": True, "pairs": True}, "max_tokens: 30, but .* at most 29 subwords"),
        ({"joint": True, "interaction": "cross_attention", "pairs": True}, "interaction: .*cross_attention"),
    ],
)
def test_options_that_do_not_fit_are_refused(build, keys, message):
    assert re.search(message, problem(build, **keys))


def test_the_longest_texts_that_fit_are_accepted(build):
    build(max_tokens=30)
    build(max_tokens=29, joint=True, pairs=True)
