"""Reference poolings, interactions and whole encoders: loops over the words of one text, from the papers' equations.

The loops take a part's weights and sizes, and call none of its code. A text is ``(words, dim)``, without pads; options
are the flat keys of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from helpers.attention import SCORE_OF, attend, name_of, weigh, weighted_sum
from helpers.contextualisers import CONTEXTUALISER_OF, States, linear, window_sum
from torch import Tensor

from textclf.conformance.samples import SENTENCE

Options = dict[str, Any]


class Expected(NamedTuple):
    """Vector of a text or a pair; weights A, a row for each query; ‖A Aᵀ - I‖²; weights of the second text."""

    vector: Tensor
    weights: Tensor | None = None
    redundancy: float | None = None
    pair_weights: Tensor | None = None


def mean(vectors: Tensor) -> Tensor:
    return weighted_sum([1 / len(vectors)] * len(vectors), vectors)


# Poolings: `States` to `Expected`.


def attention(part: Any, text: States) -> Expected:
    query = {
        "learned": lambda: part.learned,
        "last": lambda: text.final,
        "mean": lambda: mean(text.states),
        "other": lambda: text.other,
    }[part.query]()
    vector, weights = attend(part.attend, query, text.states)
    return Expected(vector, weights[None])


def largest(states: Tensor) -> Tensor:
    return torch.stack([max(state[at] for state in states) for at in range(states.shape[1])])


def max_attention(part: Any, text: States) -> Expected:
    query = largest(text.states)
    scores = [sum(query * state) / math.sqrt(sum(state**2)) for state in text.states]
    weights = weigh(part.normaliser, scores)
    return Expected(weighted_sum(weights, text.states), weights[None])


def multi_head(part: Any, text: States) -> Expected:
    vectors, weights = zip(*(attend(part.attend, query, text.states) for query in part.queries), strict=True)
    return Expected(torch.cat(vectors), torch.stack(weights))


def structured(part: Any, text: States) -> Expected:
    hidden = [torch.tanh(part.hidden.weight @ state) for state in text.states]
    rows = [weigh(part.normaliser, [sum(row * one) for one in hidden]) for row in part.rows.weight]
    products = [[float(sum(one * other)) for other in rows] for one in rows]
    norm = sum((product - (i == j)) ** 2 for i, line in enumerate(products) for j, product in enumerate(line))
    vector = torch.cat([weighted_sum(row, text.states) for row in rows])
    return Expected(vector, torch.stack(rows), norm)


def label(part: Any, text: States) -> Expected:
    vectors, weights = zip(*(attend(part.attend, of_class, text.states) for of_class in part.labels), strict=True)
    return Expected(torch.stack(vectors), torch.stack(weights))


POOLING_OF: dict[str, Callable[[Any, States], Expected]] = {
    "first": lambda part, text: Expected(text.states[0]),
    "last": lambda part, text: Expected(text.final),
    "mean": lambda part, text: Expected(mean(text.states)),
    "max": lambda part, text: Expected(largest(text.states)),
    "attention": attention,
    "max_attention": max_attention,
    "multi_head": multi_head,
    "structured": structured,
    "label": label,
}


# Interactions: from the words of a text and of the other text to the input of a contextualiser.

INTERACTION_OF: dict[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "siamese": lambda part, words, other: words,
    "question_vector": lambda part, words, other: torch.stack([torch.cat([word, mean(other)]) for word in words]),
    "cross_attention": lambda part, words, other: torch.stack(
        [torch.cat([word, attend(part.attend, word, other)[0]]) for word in words]
    ),
}


# Whole encoders: one text, or two, to `Expected`.


def attentive_cnn(encoder: Any, options: Options, words: Tensor) -> Expected:
    """The last hidden states of an LSTM are the query; a CNN's columns are keys and values."""
    query = linear(encoder.project, CONTEXTUALISER_OF["lstm"](encoder.lstm, words).final)
    vector, weights = attend(encoder.attend, query, CONTEXTUALISER_OF["cnn"](encoder.cnn, words).states)
    return Expected(vector, weights[None])


def level(part: Any, words: Tensor) -> Expected:
    states = CONTEXTUALISER_OF[name_of(part.contextualiser)](part.contextualiser, words)
    return POOLING_OF[name_of(part.pooling)](part.pooling, states)


def hierarchical(encoder: Any, options: Options, words: Tensor) -> Expected:
    """A word's weight is its weight in its sentence (mean over queries) times the sentence's weight."""
    sentences = [level(encoder.words, sentence) for sentence in words.split(SENTENCE)]
    text = level(encoder.sentences, torch.stack([sentence.vector for sentence in sentences]))
    if text.weights is None or sentences[0].weights is None:
        return text
    rows = [
        torch.cat([weight * mean(sentence.weights) for weight, sentence in zip(row, sentences, strict=True)])
        for row in text.weights
    ]
    return text._replace(weights=torch.stack(rows))


def match(score: Any, texts: list[Tensor]) -> list[list[list[float]]]:
    """Return the match matrix of two texts and its transpose, or of a text with itself: diagonal 0 (one word: 1)."""

    def matched(one: Tensor, other: Tensor) -> float:
        if name_of(score) == "euclidean":
            return 1 / (1 + math.sqrt(max(float(sum((one - other) ** 2)), 1e-12)))
        return 1 / (1 + math.exp(-SCORE_OF[name_of(score)](score, one, other)))

    matrix = [[matched(one, other) for other in texts[-1]] for one in texts[0]]
    if len(texts) == 2:
        return [matrix, [list(column) for column in zip(*matrix, strict=True)]]
    if len(matrix) == 1:
        return [[[1.0]]]
    return [[[0.0 if i == j else value for j, value in enumerate(row)] for i, row in enumerate(matrix)]]


def block_columns(
    block: Any, variant: int, normalise: bool, texts: list[Tensor]
) -> tuple[list[Tensor], list[list[float]]]:
    """Return the columns of a wide convolution and their weights; in variants 2 and 3 the columns are weighted."""
    window = block.convolution.kernel_size[0]
    if variant in (1, 3):
        texts = [
            torch.stack(
                [torch.cat([word, weighted_sum(row, table[: len(row)])]) for word, row in zip(words, rows, strict=True)]
            )
            for words, rows, table in zip(texts, match(block.match_words, texts), block.features, strict=True)
        ]
    firsts = [range(1 - window, len(words)) for words in texts]
    columns = [
        torch.stack([window_sum(block.convolution, words, first).tanh() for first in places])
        for words, places in zip(texts, firsts, strict=True)
    ]
    if variant in (0, 1):
        return columns, []
    weights = [[sum(row) for row in rows] for rows in match(block.match_columns, columns)]
    if normalise:
        weights = [[len(of_text) * weight / sum(of_text) for weight in of_text] for of_text in weights]
    columns = [
        torch.stack([weight * column for weight, column in zip(of_text, text, strict=True)])
        for of_text, text in zip(weights, columns, strict=True)
    ]
    return columns, weights


def abcnn(encoder: Any, options: Options, *texts: Tensor) -> Expected:
    """Between blocks, a word is the mean of its columns; in variants 2 and 3 without normalisation, their sum."""
    variant, window, normalise = (options[key] for key in ("variant", "window", "normalise_weights"))
    normalise = len(texts) == 1 if normalise is None else normalise
    share = 1.0 if variant in (2, 3) and not normalise else 1 / window
    words, layers, weights = list(texts), [[mean(text) for text in texts]], []
    for block in encoder.blocks:
        columns, weights = block_columns(block, variant, normalise, words)
        layers.append([mean(text) for text in columns])
        words = [
            torch.stack([weighted_sum([share] * window, text[at : at + window]) for at in range(len(text_words))])
            for text, text_words in zip(columns, texts, strict=True)
        ]
    sums = [[sum(of_text[at : at + window]) for at in range(len(of_text) - window + 1)] for of_text in weights]
    shares = [torch.tensor([[value / sum(of_text) for value in of_text]], dtype=torch.float64) for of_text in sums]
    shares = shares or [None, None]
    sides = [torch.cat(vectors) for vectors in zip(*layers, strict=True)]
    if len(texts) == 1:
        return Expected(sides[0], shares[0])
    cosines = [sum(u * v) / math.sqrt(sum(u**2) * sum(v**2)) for u, v in layers]
    return Expected(torch.cat([combined(*sides), torch.stack(cosines)]), shares[0], None, shares[1])


WHOLE_OF: dict[str, Callable[..., Expected]] = {
    "abcnn": abcnn,
    "attentive_cnn": attentive_cnn,
    "hierarchical": hierarchical,
}


# Any encoder, for one text or two.


def combined(u: Tensor, v: Tensor) -> Tensor:
    return torch.cat([u, v, abs(u - v), u * v], -1)


def pair(encoder: Any, options: Options, words: Tensor, other: Tensor) -> Expected:
    """Encode both texts with one encoder; a composed encoder applies its interaction to each text first."""
    if type(encoder).__name__ == "Pair":
        left, right = (encode(encoder.encoder, options, text) for text in (words, other))
    else:
        interact = INTERACTION_OF[name_of(encoder.interaction)]
        contextualise = CONTEXTUALISER_OF[name_of(encoder.contextualiser)]
        one = contextualise(encoder.contextualiser, interact(encoder.interaction, words, other))
        two = contextualise(encoder.contextualiser, interact(encoder.interaction, other, words))
        pool = POOLING_OF[name_of(encoder.pooling)]
        left = pool(encoder.pooling, one._replace(other=two.final))
        right = pool(encoder.pooling, two._replace(other=one.final))
    redundancy = None if left.redundancy is None else left.redundancy + right.redundancy
    return Expected(combined(left.vector, right.vector), left.weights, redundancy, right.weights)


def encode(encoder: Any, options: Options, *texts: Tensor) -> Expected:
    if name_of(encoder) in WHOLE_OF:
        return WHOLE_OF[name_of(encoder)](encoder, options, *texts)
    return level(encoder, *texts) if len(texts) == 1 else pair(encoder, options, *texts)
