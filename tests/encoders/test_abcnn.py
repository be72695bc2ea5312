"""ABCNN's variants by hand: one text of two words in three dimensions, one filter, a window of two."""

from __future__ import annotations

import math

import pytest
import torch

from textclf.attention.scores import SCORES
from textclf.encoders.abcnn import Block, match_matrix

WORDS = torch.tensor([[[1.0, 0.0, 2.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]])  # distance 3 between the words; one pad
MASK = torch.tensor([[True, True, False]])


def block(variant: int, normalise: bool = False) -> Block:
    made = Block(3, 1, 2, 7, variant, normalise, "euclidean")
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.zero_()
        made.convolution.weight[0, :3] = torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
        if made.before:
            made.features[:3] = torch.tensor([[4.0, 0.0, 0.0], [0.0, 8.0, 0.0], [100.0, 100.0, 100.0]])
            made.convolution.weight[0, 3:] = torch.tensor([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]])
    return made


# The window slides over 0, word 1, word 2, 0; its second half sees the later word.
PLAIN = [math.tanh(0.2 + 1.2), math.tanh(0.1 + 1.0 + 0.8), math.tanh(0.6)]


def test_match_matrix_masks_itself_and_pads() -> None:
    matrix = match_matrix(SCORES.build("euclidean", 3, 3), WORDS, MASK)
    torch.testing.assert_close(matrix[0], torch.tensor([[0.0, 0.25, 0.0], [0.25, 0.0, 0.0], [0.0, 0.0, 0.0]]))


def test_a_word_that_is_alone_matches_itself() -> None:
    matrix = match_matrix(SCORES.build("euclidean", 3, 3), WORDS, torch.tensor([[True, False, False]]))
    assert matrix[0].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_bcnn() -> None:
    vector, words, weights = block(0)(WORDS, MASK)
    torch.testing.assert_close(vector, torch.tensor([[sum(PLAIN) / 3]]))
    torch.testing.assert_close(words[0, :, 0], torch.tensor([sum(PLAIN[:2]) / 2, sum(PLAIN[1:]) / 2, 0.0]))
    assert weights is None


def test_attention_before_the_convolution() -> None:
    # Word 1 reads word 2's row of W: .25 * (0, 8, 0); word 2 reads word 1's: .25 * (4, 0, 0).
    # Second channel: filter's first half takes .1st coordinate, its second half half of the 2nd.
    vector, _, weights = block(1)(WORDS, MASK)
    columns = [math.tanh(1.4 + 0.5 * 2), math.tanh(1.9 + 0.0 + 0.0), math.tanh(0.6 + 1.0 * 1)]
    torch.testing.assert_close(vector, torch.tensor([[sum(columns) / 3]]))
    assert weights is None


@pytest.mark.parametrize("normalise", [False, True])
def test_attention_after_the_convolution(normalise: bool) -> None:
    vector, words, weights = block(2, normalise)(WORDS, MASK)
    match = [[0.0 if i == j else 1 / (1 + abs(a - b)) for j, b in enumerate(PLAIN)] for i, a in enumerate(PLAIN)]
    rows = [sum(row) for row in match]
    used = [3 * row / sum(rows) for row in rows] if normalise else rows
    weighted = [weight * column for weight, column in zip(used, PLAIN, strict=True)]
    torch.testing.assert_close(vector, torch.tensor([[sum(weighted) / 3]]))
    torch.testing.assert_close(words[0, :, 0], torch.tensor([sum(weighted[:2]) / 2, sum(weighted[1:]) / 2, 0.0]))
    seen = [rows[0] + rows[1], rows[1] + rows[2]]
    assert weights is not None
    torch.testing.assert_close(weights[0, 0], torch.tensor([seen[0] / sum(seen), seen[1] / sum(seen), 0.0]))
