"""Every score against hand-computed values, a loop in plain Python, and numerical gradients."""

from __future__ import annotations

import pytest
import torch
from helpers.attention import SCORE_OF
from torch import Tensor

from textclf.attention.scores import SCORES

BATCH, QUERIES, SEQ, DIM = 2, 3, 5, 7


def inputs(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(BATCH, QUERIES, DIM, dtype=dtype), torch.randn(BATCH, SEQ, DIM, dtype=dtype)


@pytest.mark.parametrize("name", SCORES)
def test_equals_a_plain_loop(name: str) -> None:
    queries, keys = inputs()
    score = SCORES.build(name, DIM, DIM)
    scores = score(queries, keys).detach()
    assert scores.shape == (BATCH, QUERIES, SEQ)
    expected = torch.tensor(
        [[[SCORE_OF[name](score, q, k) for k in keys[b]] for q in queries[b]] for b in range(BATCH)]
    )
    torch.testing.assert_close(scores, expected)
    assert not torch.allclose(scores, expected.roll(1, 2)), "the check must detect keys in another order"


@pytest.mark.parametrize("name", SCORES)
def test_gradient(name: str) -> None:
    score = SCORES.build(name, DIM, DIM).double()
    queries, keys = inputs(torch.float64)
    assert torch.autograd.gradcheck(score, (queries.requires_grad_(), keys.requires_grad_()))


def test_dot_and_scaled_dot_have_the_same_initial_scores_for_a_learned_query() -> None:
    """scaled_dot assumes query coordinates of variance 1; a smaller variance would make the softmax almost uniform."""
    dot, scaled_dot = SCORES.build("dot", DIM, DIM), SCORES.build("scaled_dot", DIM, DIM)
    noise, keys = inputs()
    scores = scaled_dot(noise * scaled_dot.query_std, keys)
    torch.testing.assert_close(scores, dot(noise * dot.query_std, keys))
    assert not torch.allclose(scores, scaled_dot(noise * dot.query_std, keys))


def test_dot_by_hand() -> None:
    queries, keys = torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[3.0, 4.0], [0.0, -1.0], [2.0, 0.5]]])
    assert SCORES.build("dot", 2, 2)(queries, keys).tolist() == [[[11.0, -2.0, 3.0]]]


def test_euclidean_by_hand() -> None:
    queries, keys = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[3.0, 4.0], [0.0, 0.0], [0.0, 1.0]]])
    score = SCORES.build(SCORES.options("euclidean", {"temperature": 2.0}), 2, 2)
    torch.testing.assert_close(score(queries, keys).detach(), torch.tensor([[[1 / 12, 0.5, 0.25]]]))


def test_euclidean_is_exact_where_words_repeat() -> None:
    """The score uses float64: in float32, the distance of a word to its repetition would be about 1e-3."""
    words = torch.randn(1, 9, 100) * 5
    scores = SCORES.build(SCORES.options("euclidean", {"temperature": 1.0}), 100, 100)(words, words)
    assert (1 - scores.diagonal(dim1=1, dim2=2)).abs().max() < 2e-6


def test_the_error_of_euclidean_under_autocast_is_below_the_rounding_error_of_its_inputs() -> None:
    plain = torch.randn(3, 9, 100).repeat(1, 2, 1)  # each word twice
    words = plain.bfloat16().requires_grad_()
    score = SCORES.build(SCORES.options("euclidean", {"temperature": 1.0}), 100, 100)
    exact = score(words, words).detach()
    with torch.autocast("cpu", torch.bfloat16):
        scores = score(words, words)
    scores.sum().backward()
    rounding = (plain - plain.bfloat16().float()).norm(dim=-1).max()
    assert scores.dtype == torch.float32
    assert (scores - exact).abs().max() < rounding
    assert (score(words + 0.01, words) - exact).abs().max() > rounding
    gradient, words.grad = words.grad, None
    score(words, words).sum().backward()
    torch.testing.assert_close(gradient, words.grad, rtol=0.02, atol=2e-3)


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
@pytest.mark.parametrize("learned", [True, False])
def test_a_temperature_is_learned_or_fixed(name: str, learned: bool) -> None:
    score = SCORES.build(SCORES.options(name, {"temperature": 0.5, "learn_temperature": learned}), DIM, DIM)
    assert [parameter.numel() for parameter in score.parameters()] == ([1] if learned else [])
    plain = SCORES.build(SCORES.options(name, {"temperature": 1.0}), DIM, DIM)
    torch.testing.assert_close(score(*inputs()), 2 * plain(*inputs()))


def test_the_weights_of_concat_do_not_depend_on_the_query() -> None:
    queries, keys = inputs()
    score = SCORES.build("concat", DIM, DIM)
    weights = score(queries, keys).softmax(-1)
    torch.testing.assert_close(weights, weights[:, :1].expand_as(weights))
    other = SCORES.build("additive", DIM, DIM)(queries, keys).softmax(-1)
    assert not torch.allclose(other, other[:, :1].expand_as(other)), "the check must detect a score that uses the query"


@pytest.mark.parametrize("name", [name for name in SCORES if not SCORES[name].same_size])
def test_scores_that_need_no_equal_sizes_take_queries_and_keys_of_any_size(name: str) -> None:
    assert SCORES.build(name, 3, 4)(torch.randn(2, 1, 3), torch.randn(2, 5, 4)).shape == (2, 1, 5)


def test_the_hidden_size_of_additive_is_an_option() -> None:
    score = SCORES.build(SCORES.options("additive", {"dim": 11}), 3, 4)
    assert score(torch.randn(2, 1, 3), torch.randn(2, 5, 4)).shape == (2, 1, 5)
    assert score.query.weight.shape == (11, 3)
