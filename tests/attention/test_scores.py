"""Every score against hand-computed values, a loop in plain Python, and its own gradient."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from textclf.attention.scores import SCORES
from textclf.errors import ConfigurationError

BATCH, QUERIES, SEQ, DIM = 2, 3, 5, 7


def inputs(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(BATCH, QUERIES, DIM, dtype=dtype), torch.randn(BATCH, SEQ, DIM, dtype=dtype)


def additive(score: torch.nn.Module, query: Tensor, key: Tensor) -> float:
    hidden = torch.tanh(score.query.weight @ query + score.key.weight @ key)
    return float((score.weight.weight[0] @ hidden).detach())


REFERENCES = {
    "additive": additive,
    "dot": lambda score, query, key: sum(q * k for q, k in zip(query.tolist(), key.tolist(), strict=True)),
    "scaled_dot": lambda score, query, key: float(query @ key) / math.sqrt(len(key)),
    "euclidean": lambda score, query, key: 1 / (1 + math.dist(query.tolist(), key.tolist())),
}


def test_every_score_has_a_reference() -> None:
    assert set(REFERENCES) == set(SCORES)


@pytest.mark.parametrize("name", SCORES)
def test_equals_a_plain_loop(name: str) -> None:
    queries, keys = inputs()
    score = SCORES.build(name, DIM, DIM)
    found = score(queries, keys).detach()
    assert found.shape == (BATCH, QUERIES, SEQ)
    expected = torch.tensor(
        [[[REFERENCES[name](score, q, k) for k in keys[b]] for q in queries[b]] for b in range(BATCH)]
    )
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, expected.roll(1, 2)), "the check must notice keys in another order"


@pytest.mark.parametrize("name", SCORES)
def test_gradient(name: str) -> None:
    score = SCORES.build(name, DIM, DIM).double()
    queries, keys = inputs(torch.float64)
    assert torch.autograd.gradcheck(score, (queries.requires_grad_(), keys.requires_grad_()))


def test_dot_by_hand() -> None:
    queries, keys = torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[3.0, 4.0], [0.0, -1.0], [2.0, 0.5]]])
    assert SCORES.build("dot", 2, 2)(queries, keys).tolist() == [[[11.0, -2.0, 3.0]]]


def test_euclidean_by_hand() -> None:
    queries, keys = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[3.0, 4.0], [0.0, 0.0], [0.0, 1.0]]])
    torch.testing.assert_close(SCORES.build("euclidean", 2, 2)(queries, keys), torch.tensor([[[1 / 6, 1.0, 0.5]]]))


def test_euclidean_is_exact_where_words_repeat() -> None:
    """In float32, the difference of squares puts a word some 1e-3 from its own repetition."""
    words = torch.randn(1, 9, 100) * 5
    scores = SCORES.build("euclidean", 100, 100)(words, words)
    assert (1 - scores.diagonal(dim1=1, dim2=2)).abs().max() < 2e-6


@pytest.mark.parametrize("name", sorted(set(SCORES) - {"additive"}))
def test_sizes_that_cannot_be_compared_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}.*3.*4.*additive"):
        SCORES.build(name, 3, 4)


def test_additive_takes_any_sizes() -> None:
    score = SCORES.build(SCORES.options("additive", {"dim": 11}), 3, 4)
    assert score(torch.randn(2, 1, 3), torch.randn(2, 5, 4)).shape == (2, 1, 5)
    assert score.query.weight.shape == (11, 3)
