"""Poolings by hand: two texts, of three words and of one, in two dimensions."""

from __future__ import annotations

import torch

from textclf.encoders.encoder import Context
from textclf.encoders.poolings.attention import AttentionPooling
from textclf.encoders.poolings.last import LastPooling
from textclf.encoders.poolings.max import MaxPooling
from textclf.encoders.poolings.mean import MeanPooling

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
