"""Every part of an encoder by value: a padded batch equals a plain loop over each text alone."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from encoders.references import INTERACTION_OF, POOLING_OF, WHOLE_OF, encode, level
from helpers.attention import SCORE_OF, WEIGHTS_OF
from helpers.contextualisers import CONTEXTUALISER_OF
from torch import Tensor, nn

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.config import RunConfig
from textclf.conformance.samples import SENTENCE, classifier, others, padded, texts
from textclf.data.batching import TextBatch
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.encoder import Encoder
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS

REFERENCES = [
    (SCORES, SCORE_OF),
    (NORMALISERS, WEIGHTS_OF),
    (CONTEXTUALISERS, CONTEXTUALISER_OF),
    (POOLINGS, POOLING_OF),
    (INTERACTIONS, INTERACTION_OF),
    (WHOLE_ENCODERS, WHOLE_OF),
]
CONTEXTUALISER_KEYS = [
    {"encoder": "none"},
    {"encoder": "lstm"},
    {"encoder": "lstm", "layers": 2},
    {"encoder": "lstm", "bidirectional": False},
    {"encoder": "gru"},
    {"encoder": "gru", "layers": 2, "bidirectional": False},
    {"encoder": "cnn"},
    {"encoder": "cnn", "windows": [1, 2], "filters": 5},
    {"encoder": "self_attention"},
    {"encoder": "self_attention", "layers": 2, "heads": 3, "positions": "sinusoidal", "score": "bilinear"},
    {"encoder": "self_attention", "normaliser": "sparsemax"},
]
POOLING_KEYS = [
    {"pooling": "last"},
    {"pooling": "mean"},
    {"pooling": "max"},
    *({"pooling": "attention", "pooling.query": query} for query in ("learned", "last", "mean")),
    {"pooling": "attention", "pooling.score": "bilinear", "pooling.normaliser": "entmax15"},
    {"pooling": "max_attention"},
    {"pooling": "max_attention", "pooling.normaliser": "sparsemax"},
    {"pooling": "multi_head", "pooling.heads": 3},
    {"pooling": "structured", "pooling.rows": 3, "pooling.attention_dim": 4, "pooling.penalty": 0.7},
    {"pooling": "structured", "pooling.normaliser": "sparsemax"},
    {"pooling": "label"},
]
WHOLE_KEYS = [
    {"encoder": "attentive_cnn"},
    {"encoder": "attentive_cnn", "windows": [2, 3], "filters": 5, "score": "scaled_dot", "normaliser": "entmax15"},
    *(
        {
            "encoder": "abcnn",
            "variant": variant,
            "window": 3,
            "blocks": blocks,
            "filters": 5,
            "normalise_weights": normalise,
        }
        for variant in range(4)
        for blocks in (1, 2)
        for normalise in ((False, True) if variant in (2, 3) else (None,))
    ),
    {"encoder": "abcnn", "variant": 3, "window": 1, "score": "scaled_dot"},
]
ONE_TEXT_KEYS = [
    *(keys | {"pooling": pooling} for keys in CONTEXTUALISER_KEYS for pooling in ("last", "attention")),
    *({"encoder": "lstm"} | keys for keys in POOLING_KEYS),
    {"encoder": "self_attention", "pooling": "first"},
    *WHOLE_KEYS,
    {"encoder": "hierarchical"},
    {
        "encoder": "hierarchical",
        "words.encoder": "cnn",
        "words.pooling": "multi_head",
        "sentences.pooling": "structured",
    },
    {"encoder": "hierarchical", "words.encoder": "none", "words.pooling": "max", "sentences.encoder": "self_attention"},
]
TWO_TEXT_KEYS = [
    *({"encoder": "gru", "pooling": "attention", "interaction": interaction} for interaction in INTERACTIONS),
    {"encoder": "none", "interaction": "cross_attention", "interaction.score": "additive", "pooling": "structured"},
    {"encoder": "lstm", "pooling": "attention", "pooling.query": "other"},
    {"encoder": "cnn", "pooling": "label"},
    *WHOLE_KEYS,
    {"encoder": "hierarchical"},
]
TOLERANCE = 1e-7
ELSEWHERE = {"transformer"}  # test_transformer.py compares it with transformers and a plain loop
CASES = [(keys, False) for keys in ONE_TEXT_KEYS] + [(keys, True) for keys in TWO_TEXT_KEYS]
every_case = pytest.mark.parametrize(
    ("keys", "pairs"),
    CASES,
    ids=["-".join([*map(str, keys.values()), *(["pairs"] if pairs else [])]) for keys, pairs in CASES],
)


def encoder_of(keys: dict, pairs: bool) -> Encoder:
    return classifier(keys, pairs=pairs).encoder.eval().requires_grad_(False).double()


def batches(pairs: bool) -> list[TextBatch]:
    return [padded(texts(), pads=3, fill=9), padded(others(), pads=2, fill=5)][: 1 + pairs]


def shift(parameter: nn.Parameter) -> None:
    noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1), dtype=parameter.dtype)
    parameter.data += 0.3 * noise


def test_every_registered_part_has_a_reference_and_is_in_a_case() -> None:
    for registry, references in REFERENCES:
        assert set(references) == set(registry) - ELSEWHERE, registry.kind
    modules = {type(module) for keys, pairs in CASES for module in encoder_of(keys, pairs).modules()}
    for registry in (CONTEXTUALISERS, POOLINGS, INTERACTIONS, WHOLE_ENCODERS):
        assert not [name for name in registry if registry[name] not in modules and name not in ELSEWHERE]


@every_case
def test_equals_a_plain_loop(keys: dict, pairs: bool) -> None:
    encoder = encoder_of(keys, pairs)
    sides = batches(pairs)
    pooled, reference = encoder(*sides), deepcopy(encoder)
    table = reference.embedding.table.weight
    rows = list(zip(*(texts(), others())[: 1 + pairs], strict=True))

    def same(actual: Tensor, expected: Tensor) -> None:
        torch.testing.assert_close(actual.double(), expected, atol=TOLERANCE, rtol=0)

    options = RunConfig.parse(keys).flat()
    expected = [encode(reference, options, *(table[tokens] for tokens in row)) for row in rows]
    same(pooled.vector, torch.stack([one.vector for one in expected]))
    for weights, name, side in zip(
        (pooled.weights, pooled.pair_weights), ("weights", "pair_weights"), range(2), strict=True
    ):
        assert (weights is None) == (getattr(expected[0], name) is None)
        if weights is not None:
            for row, one in enumerate(expected):
                same(weights[row, :, : len(rows[row][side])], getattr(one, name))
    assert (pooled.penalty is not None) == ("structured" in keys.values())
    if keys.get("pooling") == "structured":
        redundancy = sum(one.redundancy for one in expected) / len(expected)
        same(pooled.penalty, torch.tensor(options["pooling.penalty"] * redundancy, dtype=torch.float64))


@every_case
def test_a_pad_that_counts_as_a_word_changes_the_vector(keys: dict, pairs: bool) -> None:
    encoder = encoder_of(keys, pairs)
    sides = batches(pairs)
    vector = encoder(*sides).vector
    for side in sides:
        length = int(side.mask[0].sum())
        side.mask[0, length] = True
        assert (encoder(*sides).vector[0] - vector[0]).abs().max() > 100 * TOLERANCE
        side.mask[0, length] = False


@every_case
def test_every_parameter_changes_the_vector(keys: dict, pairs: bool) -> None:
    encoder = encoder_of(keys, pairs)
    sides = batches(pairs)
    vector = encoder(*sides).vector
    for name, parameter in encoder.named_parameters():
        before = parameter.clone()
        shift(parameter)
        assert (encoder(*sides).vector - vector).abs().max() > 100 * TOLERANCE, name
        parameter.data.copy_(before)


@every_case
def test_every_option_changes_the_vector(keys: dict, pairs: bool) -> None:
    encoder = encoder_of(keys, pairs)
    vector = encoder(*batches(pairs)).vector
    for key in keys.keys() - {"encoder"}:
        fewer = {name: value for name, value in keys.items() if name != key and not name.startswith(f"{key}.")}
        as_default = RunConfig.parse(fewer).flat() == RunConfig.parse(keys).flat()
        # By default, ABCNN normalises weights for single texts and not for pairs. The penalty is not in the vector.
        if as_default or (key, keys[key]) in [("normalise_weights", not pairs), ("pooling.penalty", 0.7)]:
            continue
        other = encoder_of(fewer, pairs)(*batches(pairs)).vector
        assert other.shape != vector.shape or (other - vector).abs().max() > 100 * TOLERANCE, key


def test_the_penalty_of_hierarchical_is_the_mean_over_sentences_plus_the_mean_over_texts() -> None:
    keys = {"encoder": "hierarchical", "words.pooling": "structured", "sentences.pooling": "structured"}
    encoder = encoder_of(keys, pairs=False)
    reference = deepcopy(encoder)
    table, of_words, of_sentences = reference.embedding.table.weight, [], []
    for tokens in texts():
        sentences = [level(reference.words, words) for words in table[tokens].split(SENTENCE)]
        of_words += [sentence.redundancy for sentence in sentences]
        of_sentences.append(level(reference.sentences, torch.stack([one.vector for one in sentences])).redundancy)
    expected = 0.1 * sum(of_words) / len(of_words) + 0.1 * sum(of_sentences) / len(of_sentences)
    penalty = float(encoder(*batches(pairs=False)).penalty)
    assert penalty == pytest.approx(expected, abs=TOLERANCE)
    assert len(of_words) != len(of_sentences)


def test_each_class_has_its_own_vector() -> None:
    model = classifier({"encoder": "none", "pooling": "label"}).eval().requires_grad_(False)
    logits, pooled = model(*batches(pairs=False))
    for row, vectors in enumerate(pooled.vector):
        for number, vector in enumerate(vectors):
            expected = float(sum(model.linear.weight[number] * vector) + model.linear.bias[number])
            assert float(logits[row, number]) == pytest.approx(expected, abs=1e-5)
            assert float(model.linear.weight[number - 1] @ vector) != pytest.approx(expected, abs=1e-3)
