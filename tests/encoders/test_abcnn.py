"""ABCNN's variants against values computed by hand: a text with a window of 2, and a pair with a window of 1."""

from __future__ import annotations

import math

import pytest
import torch

from textclf.attention.scores import SCORES
from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.abcnn import ConvolutionBlock, MaskedVectors, match_matrices

WORDS = torch.tensor([[[1.0, 0.0, 2.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]])  # distance 3 between the words; one pad
MASK = torch.tensor([[True, True, False]])
MATCH = WHOLE_ENCODERS.options("abcnn").score


def block(variant: int, normalise: bool = False) -> ConvolutionBlock:
    layer = ConvolutionBlock(3, 1, 2, 7, variant, normalise, MATCH, texts=1)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.convolution.weight[0, :3] = torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
        if layer.before:
            layer.features[0, :3] = torch.tensor([[4.0, 0.0, 0.0], [0.0, 8.0, 0.0], [100.0, 100.0, 100.0]])
            layer.convolution.weight[0, 3:] = torch.tensor([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]])
    return layer


# The window slides over 0, word 1, word 2, 0; the second half of a filter multiplies the later word.
PLAIN = [math.tanh(0.2 + 1.2), math.tanh(0.1 + 1.0 + 0.8), math.tanh(0.6)]


def test_the_match_matrix_is_zero_on_the_diagonal_and_at_pads() -> None:
    (matrix,) = match_matrices(SCORES.build(MATCH, 3, 3), [MaskedVectors(WORDS, MASK)])
    torch.testing.assert_close(matrix[0], torch.tensor([[0.0, 0.25, 0.0], [0.25, 0.0, 0.0], [0.0, 0.0, 0.0]]))


def test_a_single_word_matches_itself() -> None:
    alone = MaskedVectors(WORDS, torch.tensor([[True, False, False]]))
    (matrix,) = match_matrices(SCORES.build(MATCH, 3, 3), [alone])
    assert matrix[0].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_variant_0_by_hand() -> None:
    layer, sides = block(0), [MaskedVectors(WORDS, MASK)]
    (vector,), columns, weights = layer(sides)
    ((words, _),) = layer.words(columns, sides)
    torch.testing.assert_close(vector, torch.tensor([[sum(PLAIN) / 3]]))
    torch.testing.assert_close(words[0, :, 0], torch.tensor([sum(PLAIN[:2]) / 2, sum(PLAIN[1:]) / 2, 0.0]))
    assert weights == []


def test_attention_before_the_convolution() -> None:
    # The second channel of word 1 is 0.25 * (0, 8, 0), from word 2's row of Wᵀ; the second channel of word 2 is
    # 0.25 * (4, 0, 0). In this channel, the filter multiplies the earlier word's coordinate 1 by 1 and the later
    # word's coordinate 2 by 0.5.
    (vector,), _, weights = block(1)([MaskedVectors(WORDS, MASK)])
    columns = [math.tanh(1.4 + 0.5 * 2), math.tanh(1.9 + 0.0 + 0.0), math.tanh(0.6 + 1.0 * 1)]
    torch.testing.assert_close(vector, torch.tensor([[sum(columns) / 3]]))
    assert weights == []


@pytest.mark.parametrize("normalise", [False, True])
def test_attention_after_the_convolution(normalise: bool) -> None:
    layer, sides = block(2, normalise), [MaskedVectors(WORDS, MASK)]
    (vector,), columns, (weights,) = layer(sides)
    ((words, _),) = layer.words(columns, sides)
    match = [[0.0 if i == j else 1 / (1 + abs(a - b)) for j, b in enumerate(PLAIN)] for i, a in enumerate(PLAIN)]
    rows = [sum(row) for row in match]
    used = [3 * row / sum(rows) for row in rows] if normalise else rows
    weighted = [weight * column for weight, column in zip(used, PLAIN, strict=True)]
    torch.testing.assert_close(vector, torch.tensor([[sum(weighted) / 3]]))
    divisor = 2 if normalise else 1  # the paper adds the columns; with normalised weights their mean is used
    expected = torch.tensor([sum(weighted[:2]), sum(weighted[1:]), 0.0]) / divisor
    torch.testing.assert_close(words[0, :, 0], expected)
    assert not torch.allclose(words[0, :, 0], expected * divisor / (3 - divisor)), (
        "a sum in place of a mean must be detected"
    )
    sums = [rows[0] + rows[1], rows[1] + rows[2]]  # for each word, the weights of the columns that contain it
    torch.testing.assert_close(weights[0, 0], torch.tensor([sums[0] / sum(sums), sums[1] / sum(sums), 0.0]))


@pytest.mark.parametrize("variant", [2, 3])
@pytest.mark.parametrize("normalise", [False, True])
def test_columns_without_a_match_have_equal_weights(variant: int, normalise: bool) -> None:
    """200 saturated filters are +1 in one text and -1 in the other: the sigmoid of -200 rounds to 0."""
    score = SCORES.options("dot")
    layer = ConvolutionBlock(1, 200, 1, 5, variant, normalise, score, texts=2)
    with torch.no_grad():
        layer.convolution.weight.fill_(30.0)
        if layer.before:
            layer.features.zero_()
    left = MaskedVectors(torch.tensor([[[1.0], [1.0], [0.0]]]), torch.tensor([[True, True, False]]))
    right = MaskedVectors(torch.tensor([[[-1.0]]]), torch.tensor([[True]]))
    (first, second), _, (left_weights, right_weights) = layer([left, right])
    (first.sum() + second.sum()).backward()
    assert left_weights.tolist() == [[[0.5, 0.5, 0.0]]]
    assert right_weights.tolist() == [[[1.0]]]
    weight = 1.0 if normalise else 0.0
    assert (first.unique().tolist(), second.unique().tolist()) == ([weight], [-weight])
    assert all(torch.isfinite(parameter.grad).all() for parameter in layer.parameters() if parameter.grad is not None)


# A text of two words and a text of three words, each with a pad at the end. With a window of one word, each column
# corresponds to one word.
LEFT = MaskedVectors(torch.tensor([[[3.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]), torch.tensor([[True, True, False]]))
RIGHT = MaskedVectors(
    torch.tensor([[[0.0, 0.0], [3.0, 4.0], [0.0, 4.0], [0.0, 0.0]]]), torch.tensor([[True, True, True, False]])
)
# The distances from the first left word to the right words are 3, 4, 5; from the second left word, 0, 5, 4.
A = [[1 / 4, 1 / 5, 1 / 6], [1.0, 1 / 6, 1 / 5]]


def pair_block(variant: int) -> ConvolutionBlock:
    layer = ConvolutionBlock(2, 1, 1, 5, variant, False, MATCH, texts=2)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.convolution.weight[0, :2, 0] = torch.tensor([0.1, 0.1])
        if layer.before:
            # W_0ᵀ has one row for each right word, and W_1ᵀ one row for each left word.
            layer.features[0, :3] = torch.tensor([[12.0, 0.0], [0.0, 20.0], [0.0, 0.0]])
            layer.features[1, :2] = torch.tensor([[60.0, 0.0], [0.0, 30.0]])
            layer.convolution.weight[0, 2:, 0] = torch.tensor([0.01, 0.02])
    return layer


def test_the_match_matrix_of_two_texts() -> None:
    left, right = match_matrices(SCORES.build(MATCH, 2, 2), [LEFT, RIGHT])
    expected = torch.zeros(1, 3, 4)
    expected[0, :2, :3] = torch.tensor(A)
    torch.testing.assert_close(left, expected)
    torch.testing.assert_close(right, expected.transpose(1, 2))


def test_two_texts_without_attention() -> None:
    vectors, _, weights = pair_block(0)([LEFT, RIGHT])
    torch.testing.assert_close(vectors[0], torch.tensor([[math.tanh(0.3) / 2]]))
    torch.testing.assert_close(vectors[1], torch.tensor([[(math.tanh(0.7) + math.tanh(0.4)) / 3]]))
    assert weights == []


def test_two_texts_with_attention_before_the_convolution() -> None:
    # Second channel of the left text: A W_0ᵀ = (3, 4), (12, 10/3).
    # Second channel of the right text: Aᵀ W_1ᵀ = (15, 30), (12, 5), (10, 6).
    vectors, _, weights = pair_block(1)([LEFT, RIGHT])
    left = [math.tanh(0.3 + 0.03 + 0.08), math.tanh(0.12 + 0.2 / 3)]
    right = [math.tanh(0.15 + 0.6), math.tanh(0.7 + 0.12 + 0.1), math.tanh(0.4 + 0.1 + 0.12)]
    torch.testing.assert_close(vectors[0], torch.tensor([[sum(left) / 2]]))
    torch.testing.assert_close(vectors[1], torch.tensor([[sum(right) / 3]]))
    assert weights == []


@pytest.mark.parametrize("variant", [2, 3])
def test_two_texts_with_attention_after_the_convolution(variant: int) -> None:
    if variant == 2:
        left, right = [math.tanh(0.3), 0.0], [0.0, math.tanh(0.7), math.tanh(0.4)]
    else:
        left = [math.tanh(0.3 + 0.03 + 0.08), math.tanh(0.12 + 0.2 / 3)]
        right = [math.tanh(0.15 + 0.6), math.tanh(0.7 + 0.12 + 0.1), math.tanh(0.4 + 0.1 + 0.12)]
    match = [[1 / (1 + abs(one - other)) for other in right] for one in left]
    rows, columns = [sum(row) for row in match], [sum(row[place] for row in match) for place in range(3)]
    vectors, _, weights = pair_block(variant)([LEFT, RIGHT])
    torch.testing.assert_close(vectors[0], torch.tensor([[sum(w * c for w, c in zip(rows, left, strict=True)) / 2]]))
    torch.testing.assert_close(
        vectors[1], torch.tensor([[sum(w * c for w, c in zip(columns, right, strict=True)) / 3]])
    )
    torch.testing.assert_close(weights[0][0, 0], torch.tensor([*(row / sum(rows) for row in rows), 0.0]))
    torch.testing.assert_close(weights[1][0, 0], torch.tensor([*(one / sum(columns) for one in columns), 0.0]))
    swapped = torch.tensor([[sum(w * c for w, c in zip(columns[:2], left, strict=True)) / 2]])
    assert not torch.allclose(vectors[0], swapped), "the wrong axis must be detected"
