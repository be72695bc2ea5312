"""The three steps together against torch, and the combinations that are refused."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from textclf.attention.attend import Attend
from textclf.attention.scores import SCORES
from textclf.attention.scores.concat import Concat
from textclf.conformance.samples import classifier
from textclf.errors import ConfigurationError
from textclf.registry import Registry

BATCH, QUERIES, SEQ, DIM, VALUE_DIM = 2, 3, 5, 7, 4
MASK = torch.tensor([[True, True, True, False, False], [True, True, True, True, True]])


def test_equals_scaled_dot_product_attention() -> None:
    queries, keys = torch.randn(BATCH, QUERIES, DIM), torch.randn(BATCH, SEQ, DIM)
    values = torch.randn(BATCH, SEQ, VALUE_DIM)
    pooled, weights, _ = Attend(DIM, DIM, "scaled_dot", "softmax")(queries, keys, values, MASK)
    expected = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=MASK[:, None])
    torch.testing.assert_close(pooled, expected)
    assert weights.shape == (BATCH, QUERIES, SEQ)
    unmasked = functional.scaled_dot_product_attention(queries, keys, values)
    assert not torch.allclose(pooled, unmasked), "a missing mask must be detected"


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize(
    ("score", "normaliser"), [("scaled_dot", "softmax"), ("additive", "softmax"), ("dot", "sparsemax")]
)
def test_pooled_has_the_values_and_gradients_of_the_three_steps(score: str, normaliser: str, heads: int) -> None:
    torch.manual_seed(3)
    attend = Attend(6, 6, score, normaliser).double()
    mask = torch.arange(5)[None] < torch.tensor([5, 1, 3])[:, None]
    parts = [torch.randn(3, heads, count, 6, dtype=torch.double, requires_grad=True) for count in (4, 5, 5)]

    def values_and_gradients(pooled: torch.Tensor) -> list[torch.Tensor]:
        return [pooled, *torch.autograd.grad(pooled.square().sum(), parts)]

    head_by_head = [attend(*(part[:, head] for part in parts), mask).pooled for head in range(heads)]
    fused, plain = values_and_gradients(attend.pooled(*parts, mask)), values_and_gradients(torch.stack(head_by_head, 1))
    torch.testing.assert_close(fused, plain, rtol=1e-10, atol=1e-10)
    unmasked = attend.pooled(*parts, torch.ones_like(mask))
    assert not torch.allclose(fused[0], unmasked), "pads that count as words must be detected"


def test_pooled_computes_in_float32_on_a_cpu() -> None:
    torch.manual_seed(3)
    attend = Attend(6, 6, "scaled_dot", "softmax")
    mask = torch.arange(5)[None] < torch.tensor([5, 1, 3])[:, None]
    queries, keys = torch.randn(3, 1, 2, 6), torch.randn(3, 1, 5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = attend.pooled(queries.bfloat16(), keys.bfloat16(), keys.bfloat16(), mask)
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, attend.pooled(queries, keys, keys, mask), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("score", [name for name in SCORES if SCORES[name].same_size])
def test_a_score_that_compares_coordinates_needs_queries_and_keys_of_equal_size(score: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^score: {score} compares .* has 3 coordinates and a key 4;"):
        Attend(3, 4, score, "softmax")
    Attend(3, 3, score, "softmax")


@pytest.mark.parametrize("one_query_per", ["head", "class", "word"])
def test_a_score_that_ignores_the_query_is_refused_if_a_text_has_several_queries(one_query_per: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^score: concat ignores the query, .* for each {one_query_per};"):
        Attend(3, 3, "concat", "softmax", one_query_per)
    Attend(3, 3, "additive", "softmax", one_query_per)
    Attend(3, 3, "concat", "softmax")


@pytest.mark.parametrize("one_query_per", ["text", "head", "class", "word"])
def test_a_normaliser_with_a_reward_is_refused_where_each_word_has_a_query(one_query_per: str) -> None:
    if one_query_per == "word":
        with pytest.raises(
            ConfigurationError, match=r"^normaliser: hard_reinforce learns from one reward for each text"
        ):
            Attend(3, 3, "dot", "hard_reinforce", one_query_per)
    else:
        Attend(3, 3, "dot", "hard_reinforce", one_query_per)
    Attend(3, 3, "dot", "hard", one_query_per)


def test_a_refusal_names_the_part_by_its_registered_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.attention.attend.SCORES", Registry("score", {"keys_alone": Concat}))
    with pytest.raises(ConfigurationError, match=r"^score: keys_alone ignores the query"):
        Attend(3, 3, "keys_alone", "softmax", "word")


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"encoder": "self_attention", "score": "concat"}, "score: concat ignores"),
        ({"encoder": "self_attention", "normaliser": "hard_reinforce"}, "normaliser: hard_reinforce learns"),
        ({"encoder": "none", "pooling": "multi_head", "pooling.score": "concat"}, "pooling.score: concat ignores"),
        ({"encoder": "none", "pooling": "label", "pooling.score": "concat"}, "pooling.score: concat ignores"),
        (
            {"encoder": "none", "interaction": "cross_attention", "interaction.score": "concat"},
            "interaction.score: concat ignores",
        ),
        (
            {"encoder": "none", "interaction": "cross_attention", "interaction.normaliser": "hard_reinforce"},
            "interaction.normaliser: hard_reinforce learns",
        ),
        (
            {"encoder": "hierarchical", "words.encoder": "self_attention", "words.score": "concat"},
            "words.score: concat",
        ),
        (
            {"encoder": "hierarchical", "sentences.pooling": "multi_head", "sentences.pooling.score": "concat"},
            "sentences.pooling.score: concat",
        ),
    ],
)
def test_a_refusal_in_a_nested_part_names_the_key_of_the_option(keys: dict, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{problem}"):
        classifier(keys, pairs="interaction" in keys)
