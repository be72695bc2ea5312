"""Poolings by hand, on two texts: one of three words and one of a single word, in two dimensions."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from textclf.encoders.encoder import Context, Sizes
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError

MASK = torch.tensor([[True, True, True, False], [True, False, False, False]])
STATES = torch.tensor(
    [[[1.0, -1.0], [2.0, -5.0], [6.0, -3.0], [99.0, 99.0]], [[4.0, -2.0], [99.0, 99.0], [99.0, 99.0], [99.0, 99.0]]]
)
CONTEXT = Context(STATES, torch.tensor([[7.0, 8.0], [9.0, 10.0]]))


def build(name: str, **options: object) -> Any:
    return POOLINGS.build(POOLINGS.options(name, options), Sizes(word_dim=2, hidden_dim=3, max_tokens=4, classes=5))


def test_mean() -> None:
    assert build("mean")(CONTEXT, MASK).vector.tolist() == [[3.0, -3.0], [4.0, -2.0]]


def test_max() -> None:
    assert build("max")(CONTEXT, MASK).vector.tolist() == [[6.0, -1.0], [4.0, -2.0]]


def test_last() -> None:
    assert build("last")(CONTEXT, MASK).vector.tolist() == [[7.0, 8.0], [9.0, 10.0]]


def test_attention_with_a_learned_query() -> None:
    pooling = build("attention", score="dot")
    with torch.no_grad():
        pooling.learned.copy_(torch.tensor([0.0, 1.0]))
    vector, weights, *_ = pooling(CONTEXT, MASK)
    expected = torch.softmax(torch.tensor([-1.0, -5.0, -3.0]), 0)
    torch.testing.assert_close(weights[0, 0, :3], expected)
    assert weights[:, 0].tolist()[1] == [1.0, 0.0, 0.0, 0.0]
    torch.testing.assert_close(vector[0], expected @ STATES[0, :3])


def test_attention_with_the_texts_own_query() -> None:
    for query, expected in (("last", CONTEXT.final[0]), ("mean", torch.tensor([3.0, -3.0]))):
        pooling = build("attention", query=query, score="dot")
        _, weights, *_ = pooling(CONTEXT, MASK)
        torch.testing.assert_close(weights[0, 0, :3], torch.softmax(STATES[0, :3] @ expected, 0))
        assert not list(pooling.parameters())


def test_structured_with_hard_reinforce_and_a_penalty_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"hard_reinforce draws.*set penalty to 0"):
        build("structured", normaliser="hard_reinforce")


@pytest.mark.parametrize(("normaliser", "penalty"), [("hard_reinforce", 0.0), ("hard", 0.1)])
def test_structured_with_a_hard_choice(normaliser: str, penalty: float) -> None:
    """Both rows have the weight 1 for the first word; [[1, 1], [1, 1]] - I has the squared norm 2."""
    pooling = build("structured", rows=2, penalty=penalty, normaliser=normaliser)
    with torch.no_grad():
        pooling.hidden.weight.copy_(torch.eye(2))
        pooling.rows.weight.fill_(-100.0)
    states = torch.tensor([[[-1.0, -1.0], [1.0, 1.0]]])
    pooled = pooling(Context(states, states[:, 0]), torch.tensor([[True, True]]))
    assert pooled.weights.tolist() == [[[1.0, 0.0], [1.0, 0.0]]]
    assert pooled.penalty.item() == pytest.approx(2 * penalty)
    assert (pooled.log_probability is None) == (normaliser == "hard")
