"""The three steps together, and every normaliser, against torch and by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS

BATCH, QUERIES, SEQ, DIM, VALUE_DIM = 2, 3, 5, 7, 4
MASK = torch.tensor([[True, True, True, False, False], [True, True, True, True, True]])


@pytest.mark.parametrize("name", NORMALISERS)
def test_rows_sum_to_one_and_pads_get_nothing(name: str) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, generator=torch.Generator().manual_seed(2)) * 9
    weights = NORMALISERS.build(name).eval()(scores, MASK[:, None])
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, QUERIES))
    assert (weights[0, :, 3:] == 0).all()
    assert (weights >= 0).all()


@pytest.mark.parametrize("name", NORMALISERS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_computed_in_float32_at_least(name: str, dtype: torch.dtype) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ).to(dtype)
    weights = NORMALISERS.build(name).eval()(scores, MASK[:, None])
    assert weights.dtype == torch.float32
    assert torch.equal(weights, NORMALISERS.build(name).eval()(scores.float(), MASK[:, None]))


@pytest.mark.parametrize("name", NORMALISERS)
def test_gradient(name: str) -> None:
    scores = torch.randn(BATCH, QUERIES, SEQ, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: NORMALISERS.build(name)(s, MASK[:, None]), scores)


def test_softmax_by_hand() -> None:
    scores = torch.tensor([[[1.0, 3.0, 50.0]]]).log()
    weights = NORMALISERS.build("softmax")(scores, torch.tensor([[[True, True, False]]]))
    torch.testing.assert_close(weights, torch.tensor([[[0.25, 0.75, 0.0]]]))


def test_equals_scaled_dot_product_attention() -> None:
    queries, keys = torch.randn(BATCH, QUERIES, DIM), torch.randn(BATCH, SEQ, DIM)
    values = torch.randn(BATCH, SEQ, VALUE_DIM)
    pooled, weights = Attend(DIM, DIM, "scaled_dot", "softmax")(queries, keys, values, MASK)
    expected = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=MASK[:, None])
    torch.testing.assert_close(pooled, expected)
    assert weights.shape == (BATCH, QUERIES, SEQ)
    unmasked = functional.scaled_dot_product_attention(queries, keys, values)
    assert not torch.allclose(pooled, unmasked), "the check must notice a mask that is left out"
