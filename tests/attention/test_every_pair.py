"""Every score with every normaliser against loops in plain Python, and gradients."""

from __future__ import annotations

import pytest
import torch
from helpers.attention import SCORE_OF, WEIGHTS_OF
from torch import Tensor

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES

BATCH, QUERIES, SEQ, DIM, VALUE_DIM = 2, 3, 27, 7, 5
LENGTHS = (19, 27)  # longer than a local window
MASK = torch.arange(SEQ) < torch.tensor(LENGTHS)[:, None]

every_pair = pytest.mark.parametrize(("score", "normaliser"), [(s, n) for s in SCORES for n in NORMALISERS])


def build(score: str, normaliser: str) -> tuple[Attend, Tensor, Tensor, Tensor]:
    torch.manual_seed(6)
    attend = Attend(DIM, DIM, score, normaliser).double().eval()
    sizes = (QUERIES, DIM), (SEQ, DIM), (SEQ, VALUE_DIM)
    queries, keys, values = (torch.randn(BATCH, *size, dtype=torch.float64) for size in sizes)
    return attend, queries, keys, values


def expected(attend: Attend, score: str, normaliser: str, queries: Tensor, keys: Tensor) -> Tensor:
    """Compute the weights of each query over the words of its text; pads have the weight 0."""
    weights = torch.zeros(BATCH, QUERIES, SEQ, dtype=torch.float64)
    for text, words in enumerate(LENGTHS):
        for place, query in enumerate(queries[text]):
            scores = [SCORE_OF[score](attend.score, query, key) for key in keys[text, :words]]
            weights[text, place, :words] = torch.tensor(WEIGHTS_OF[normaliser](scores), dtype=torch.float64)
    return weights


def test_every_part_has_a_reference() -> None:
    assert (set(SCORE_OF), set(WEIGHTS_OF)) == (set(SCORES), set(NORMALISERS))


@every_pair
def test_weights_and_weighted_sums_equal_a_plain_loop(score: str, normaliser: str) -> None:
    attend, queries, keys, values = build(score, normaliser)
    output = attend(queries, keys, values, MASK)
    weights = expected(attend, score, normaliser, queries, keys)
    torch.testing.assert_close(output.weights, weights, atol=1e-6, rtol=0)
    torch.testing.assert_close(output.pooled, torch.einsum("bqs,bsd->bqd", weights, values), atol=1e-5, rtol=0)
    torch.testing.assert_close(output.weights.sum(-1), torch.ones(BATCH, QUERIES, dtype=torch.float64))
    assert (output.weights.masked_select(~MASK[:, None].expand_as(output.weights)) == 0).all()


@every_pair
def test_a_missing_mask_changes_the_weights(score: str, normaliser: str) -> None:
    attend, queries, keys, values = build(score, normaliser)
    candidates = torch.cat([queries[:1], 3 * torch.randn(1, 200, DIM, dtype=torch.float64)], 1)
    # Each pad of the first text has the candidate with the highest score.
    keys[0, LENGTHS[0] :] = candidates[0, attend.score(queries[:1, :1], candidates).argmax()]
    weights = expected(attend, score, normaliser, queries, keys)
    torch.testing.assert_close(attend(queries, keys, values, MASK).weights, weights, atol=1e-6, rtol=0)
    assert (attend(queries, keys, values, torch.ones_like(MASK)).weights - weights)[0].abs().max() > 0.01


@every_pair
def test_gradients_equal_numerical_gradients(score: str, normaliser: str) -> None:
    """In evaluation a hard choice is constant, so only values have a gradient; `test_normalisers` tests training."""
    attend, queries, keys, values = build(score, normaliser)
    near = slice(LENGTHS[0] - 3, LENGTHS[0] + 2)  # three words and two pads
    inputs = [tensor[:1].detach().requires_grad_() for tensor in (queries[:, :2], keys[:, near], values[:, near])]
    assert torch.autograd.gradcheck(lambda *tensors: attend(*tensors, MASK[:1, near]).pooled, inputs)
