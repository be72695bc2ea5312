"""Poolings by hand: two texts, of three words and of one, in two dimensions."""

from __future__ import annotations

import pytest
import torch

from textclf.encoders.encoder import Context
from textclf.encoders.poolings.attention import AttentionPooling
from textclf.encoders.poolings.last import LastPooling
from textclf.encoders.poolings.max import MaxPooling
from textclf.encoders.poolings.mean import MeanPooling
from textclf.encoders.poolings.structured import StructuredPooling
from textclf.errors import ConfigurationError

MASK = torch.tensor([[True, True, True, False], [True, False, False, False]])
STATES = torch.tensor(
    [[[1.0, -1.0], [2.0, -5.0], [6.0, -3.0], [99.0, 99.0]], [[4.0, -2.0], [99.0, 99.0], [99.0, 99.0], [99.0, 99.0]]]
)
CONTEXT = Context(STATES, torch.tensor([[7.0, 8.0], [9.0, 10.0]]))


def test_mean() -> None:
    assert MeanPooling(2, 5)(CONTEXT, MASK).vector.tolist() == [[3.0, -3.0], [4.0, -2.0]]


def test_max() -> None:
    assert MaxPooling(2, 5)(CONTEXT, MASK).vector.tolist() == [[6.0, -1.0], [4.0, -2.0]]


def test_last() -> None:
    assert LastPooling(2, 5)(CONTEXT, MASK).vector.tolist() == [[7.0, 8.0], [9.0, 10.0]]


def test_attention_with_a_learned_query() -> None:
    pooling = AttentionPooling(2, 5, score="dot")
    with torch.no_grad():
        pooling.learned.copy_(torch.tensor([0.0, 1.0]))
    vector, weights, *_ = pooling(CONTEXT, MASK)
    expected = torch.softmax(torch.tensor([-1.0, -5.0, -3.0]), 0)
    torch.testing.assert_close(weights[0, 0, :3], expected)
    assert weights[:, 0].tolist()[1] == [1.0, 0.0, 0.0, 0.0]
    torch.testing.assert_close(vector[0], expected @ STATES[0, :3])


def test_attention_with_the_texts_own_query() -> None:
    for query, expected in (("last", CONTEXT.final[0]), ("mean", torch.tensor([3.0, -3.0]))):
        pooling = AttentionPooling(2, 5, query=query, score="dot")
        _, weights, *_ = pooling(CONTEXT, MASK)
        torch.testing.assert_close(weights[0, 0, :3], torch.softmax(STATES[0, :3] @ expected, 0))
        assert not list(pooling.parameters())


def test_structured_with_hard_reinforce_and_a_penalty_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the penalty of structured would do nothing; set penalty to 0"):
        StructuredPooling(2, 5, normaliser="hard_reinforce")


@pytest.mark.parametrize(("normaliser", "penalty"), [("hard_reinforce", 0.0), ("hard", 0.1)])
def test_structured_with_a_hard_choice(normaliser: str, penalty: float) -> None:
    """Both rows are sure of the first word, so their overlap is that of [[1, 1], [1, 1]] with I: 2."""
    pooling = StructuredPooling(2, 5, rows=2, penalty=penalty, normaliser=normaliser)
    with torch.no_grad():
        pooling.hidden.weight.copy_(torch.eye(2))
        pooling.rows.weight.fill_(-100.0)
    states = torch.tensor([[[-1.0, -1.0], [1.0, 1.0]]])
    pooled = pooling(Context(states, states[:, 0]), torch.tensor([[True, True]]))
    assert pooled.weights.tolist() == [[[1.0, 0.0], [1.0, 0.0]]]
    assert pooled.penalty.item() == pytest.approx(2 * penalty)
    assert (pooled.log_probability is None) == (normaliser == "hard")
