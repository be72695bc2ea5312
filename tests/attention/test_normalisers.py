"""Every normaliser against plain Python, torch and hand-computed values."""

from __future__ import annotations

import itertools

import pytest
import torch
from helpers.attention import entmax

from textclf.attention.normalisers import NORMALISERS

BATCH, QUERIES, SEQ = 2, 3, 5
MASK = torch.tensor([[True, True, True, False, False], [True, True, True, True, True]])


@pytest.mark.parametrize("name", NORMALISERS)
def test_rows_sum_to_one_and_pads_have_no_weight(name: str) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, generator=torch.Generator().manual_seed(2)) * 9
    weights = NORMALISERS.build(name).eval()(scores, MASK[:, None])
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, QUERIES))
    assert (weights[0, :, 3:] == 0).all()
    assert (weights >= 0).all()


@pytest.mark.parametrize("name", NORMALISERS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_weights_are_computed_in_float32_for_narrower_scores(name: str, dtype: torch.dtype) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ).to(dtype)
    weights = NORMALISERS.build(name).eval()(scores, MASK[:, None])
    assert weights.dtype == torch.float32
    assert torch.equal(weights, NORMALISERS.build(name).eval()(scores.float(), MASK[:, None]))


@pytest.mark.parametrize("name", NORMALISERS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_scores_that_are_all_minus_infinity_count_as_equal_scores(
    name: str, training: bool, dtype: torch.dtype
) -> None:
    minus_infinity = torch.full((BATCH, QUERIES, SEQ), -torch.inf, dtype=dtype, requires_grad=True)
    normaliser, mask = NORMALISERS.build(name).train(training), MASK[:, None].expand(-1, QUERIES, -1)
    torch.manual_seed(8)
    weights = normaliser(minus_infinity, mask)
    torch.manual_seed(8)
    assert torch.equal(weights, normaliser(torch.zeros_like(minus_infinity), mask))
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, QUERIES))
    assert (weights[~mask] == 0).all()
    if weights.requires_grad:
        (gradient,) = torch.autograd.grad((weights * torch.randn(SEQ)).sum(), minus_infinity)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", NORMALISERS)
@pytest.mark.parametrize("training", [False, True])
def test_a_key_whose_score_is_minus_infinity_has_no_weight(name: str, training: bool) -> None:
    scores = torch.tensor([0.3, -torch.inf, 0.1, 9.0]).repeat(BATCH, QUERIES, 1)
    mask = torch.tensor([True, True, True, False]).expand_as(scores)
    normaliser = NORMALISERS.build(name).train(training)
    torch.manual_seed(9)
    weights = normaliser(scores, mask)
    torch.manual_seed(9)
    finite = normaliser(scores.clamp(min=-1e4), mask)
    assert torch.equal(weights, finite)
    assert (weights[..., [1, 3]] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, QUERIES))


SMOOTH = [name for name in NORMALISERS if not name.startswith("hard")]


@pytest.mark.parametrize("name", SMOOTH)
def test_the_gradient_equals_finite_differences(name: str) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: NORMALISERS.build(name)(s, MASK[:, None]), scores)


@pytest.mark.parametrize("name", NORMALISERS)
def test_adding_a_constant_to_all_scores_does_not_change_the_weights(name: str) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64)
    normaliser = NORMALISERS.build(name).eval()
    torch.testing.assert_close(normaliser(scores + 3, MASK[:, None]), normaliser(scores, MASK[:, None]))


@pytest.mark.parametrize("name", NORMALISERS)
def test_eval_is_deterministic_and_a_single_key_has_weight_one(name: str) -> None:
    normaliser = NORMALISERS.build(name).eval()
    scores = torch.randn(BATCH, QUERIES, SEQ)
    assert torch.equal(normaliser(scores, MASK[:, None]), normaliser(scores, MASK[:, None]))
    for training in (False, True):
        weights = normaliser.train(training)(scores, torch.tensor([[[False, False, True, False, False]]]))
        torch.testing.assert_close(weights[..., 2], torch.ones(BATCH, QUERIES))


@pytest.mark.parametrize(("name", "alpha"), [("sparsemax", 2.0), ("entmax15", 1.5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("spread", [0.1, 1.0, 20.0])
def test_sparse_weights_equal_a_bisection(name: str, alpha: float, dtype: torch.dtype, spread: float) -> None:
    scores = (torch.randn(BATCH, QUERIES, SEQ, generator=torch.Generator().manual_seed(3)) * spread).to(dtype)
    weights = NORMALISERS.build(name)(scores, MASK[:, None])
    assert weights.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    for text, query in itertools.product(range(BATCH), range(QUERIES)):
        expected = torch.tensor(entmax(scores[text, query][MASK[text]].tolist(), alpha), dtype=weights.dtype)
        torch.testing.assert_close(weights[text, query][MASK[text]], expected, atol=2e-6, rtol=0)
        softmax = scores[text, query][MASK[text]].to(weights.dtype).softmax(-1)
        assert spread != 1 or (softmax - expected).abs().max() > 1e-3, "the check must detect a softmax"


def test_sparsemax_equals_values_computed_by_hand() -> None:
    weights = NORMALISERS.build("sparsemax")(torch.tensor([[[0.5, 1.0, -2.0, 0.9]]]), torch.ones(1, 1, 4).bool())
    torch.testing.assert_close(weights, torch.tensor([[[0.5 - 1.4 / 3, 1 - 1.4 / 3, 0.0, 0.9 - 1.4 / 3]]]))


def test_hard_chooses_the_key_with_the_highest_score_in_prediction() -> None:
    scores = torch.tensor([[[0.1, 3.0, 2.0, 9.0]]])
    mask = torch.tensor([[[True, True, True, False]]])
    for name in ("hard", "hard_reinforce"):
        assert NORMALISERS.build(name).eval()(scores, mask).tolist() == [[[0.0, 1.0, 0.0, 0.0]]]


@pytest.mark.parametrize("name", ["hard", "hard_reinforce"])
def test_hard_draws_keys_with_their_softmax_probability(name: str) -> None:
    torch.manual_seed(4)
    scores = torch.tensor([0.2, 0.5, 0.3, 1.0]).log().expand(20_000, 1, 4)
    drawn = NORMALISERS.build(name).train()(scores, torch.tensor([True, True, True, False]))
    assert set(drawn.round(decimals=5).unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean((0, 1)), torch.tensor([0.2, 0.5, 0.3, 0.0]), atol=0.015, rtol=0)


def test_hard_has_the_gradient_of_the_gumbel_softmax() -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64) * MASK[:, None]
    normaliser = NORMALISERS.build(NORMALISERS.options("hard", {"temperature": 0.7}))
    torch.manual_seed(5)
    (gradient,) = torch.autograd.grad((normaliser(scores, MASK[:, None]) * upstream).sum(), scores)
    torch.manual_seed(5)
    noise = -torch.empty_like(scores).exponential_().log()
    soft = ((scores.masked_fill(~MASK[:, None], -torch.inf) + noise) / 0.7).softmax(-1)
    (expected,) = torch.autograd.grad((soft * upstream).sum(), scores)
    torch.testing.assert_close(gradient, expected)
    assert expected.abs().max() > 0.01


def test_reinforce_returns_the_log_probability_of_the_drawn_keys() -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64, requires_grad=True)
    weights, log_probability = NORMALISERS.build("hard_reinforce").choose(scores, MASK[:, None].expand(-1, QUERIES, -1))
    log_probabilities = scores.masked_fill(~MASK[:, None], -torch.inf).log_softmax(-1)
    torch.testing.assert_close(log_probability, log_probabilities[weights.bool()].view(BATCH, QUERIES).sum(1))
    assert not weights.requires_grad
    assert NORMALISERS.build("hard_reinforce").eval().choose(scores, MASK[:, None])[1] is None


@pytest.mark.parametrize(
    ("best", "inside"), [(0, [0, 1, 2]), (1, [0, 1, 2, 3]), (3, [1, 2, 3, 4, 5]), (5, [3, 4, 5, 6]), (6, [4, 5, 6])]
)
def test_the_window_of_local_is_cut_at_the_texts_ends(best: int, inside: list[int]) -> None:
    scores = torch.linspace(-1, 1, 9).repeat(1, 1, 1)
    scores[..., best] = 7
    mask = torch.arange(9)[None, None] < 7
    weights = NORMALISERS.build(NORMALISERS.options("local", {"width": 2}))(scores, mask)[0, 0]
    assert weights.nonzero().flatten().tolist() == inside
    torch.testing.assert_close(weights[inside], scores[0, 0, inside].softmax(0))


def test_local_is_a_softmax_on_a_text_shorter_than_the_window() -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ)
    local, softmax = NORMALISERS.build("local"), NORMALISERS.build("softmax")
    torch.testing.assert_close(local(scores, MASK[:, None]), softmax(scores, MASK[:, None]))
    narrow = NORMALISERS.build(NORMALISERS.options("local", {"width": 1}))
    assert not torch.allclose(narrow(scores, MASK[:, None]), softmax(scores, MASK[:, None]))


def test_softmax_equals_values_computed_by_hand() -> None:
    scores = torch.tensor([[[1.0, 3.0, 50.0]]]).log()
    weights = NORMALISERS.build("softmax")(scores, torch.tensor([[[True, True, False]]]))
    torch.testing.assert_close(weights, torch.tensor([[[0.25, 0.75, 0.0]]]))
