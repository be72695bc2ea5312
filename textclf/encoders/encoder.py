"""Base classes of an encoder's parts, and the objects that the parts exchange: embed -> contextualise -> pool.

Nothing may depend on padding: a text has the same result alone and inside any padded batch. A part that looks
at neighbours or at the whole text applies the mask itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from textclf.data.batching import TextBatch
from textclf.encoders.embedding import WordSource


class Sizes(NamedTuple):
    """Sizes that every part of an encoder receives as the first argument of its constructor.

    A part uses the sizes that it needs. ``sizes._replace(word_dim=…)`` gives the sizes for a part that follows.

    Attributes
    ----------
    word_dim : int
        Size of a word's vector as the part receives it: a word vector for an interaction, a contextualiser and a whole
        encoder, a state for a pooling. At the second level of `Hierarchical` the "words" are sentence vectors.
    hidden_dim : int
        The width that all encoders of an experiment share; each encoder's docstring names the layers of this width.
    max_tokens : int
        Tokens of the longest text that can occur.
    classes : int
        Number of classes.
    """

    word_dim: int
    hidden_dim: int
    max_tokens: int
    classes: int


class Context(NamedTuple):
    """The output of a contextualiser.

    Attributes
    ----------
    states : Tensor
        ``(batch, seq, dim)``, one state for each word; values at pads are arbitrary but finite.
    final : Tensor
        ``(batch, dim)``: the last hidden states of an RNN, both directions concatenated; else the last word's state.
    other : Tensor, optional
        ``(batch, dim)``: ``final`` of the other text of a pair.
    """

    states: Tensor
    final: Tensor
    other: Tensor | None = None


class Pooled(NamedTuple):
    """The output of a pooling and of an encoder.

    Attributes
    ----------
    vector : Tensor
        ``(batch, dim)``; or one vector for each class, ``(batch, classes, dim)``.
    weights : Tensor, optional
        ``(batch, queries, seq)``: the attention weights, if the vector is a weighted sum.
    penalty : Tensor, optional
        A scalar that training adds to the loss.
    log_probability : Tensor, optional
        ``(batch,)``: log-probability of the sampled keys.
    pair_weights : Tensor, optional
        ``(batch, queries, seq)``: the attention weights of the second text of a pair.
    """

    vector: Tensor
    weights: Tensor | None = None
    penalty: Tensor | None = None
    log_probability: Tensor | None = None
    pair_weights: Tensor | None = None


class Contextualiser(nn.Module):
    """Base class of contextualisers, which compute a state of size ``output_dim`` for each word.

    A constructor takes `Sizes`, then the part's own options as keywords. The composition adds the options
    ``interaction`` and ``pooling``.
    """

    default_pooling = "mean"  # the pooling of the composed encoder if none is chosen

    output_dim: int

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        """Compute the states.

        Parameters
        ----------
        words : Tensor
            ``(batch, seq, word_dim)``, 0 at pads.
        mask : Tensor
            ``(batch, seq)``, True at words.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")


class Interaction(nn.Module):
    """Base class of interactions, which add information about the other text of a pair to each word vector.

    A constructor takes `Sizes`, then the part's own options as keywords. ``output_dim`` is the size of a new vector.
    """

    output_dim: int

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """Compute the new word vectors of one text, ``(batch, seq, output_dim)``, 0 at pads.

        Parameters
        ----------
        words, other : Tensor
            Word vectors of the text and of the other text, each ``(batch, seq, word_dim)``, 0 at pads.
        mask, other_mask : Tensor
            Each ``(batch, seq)``, True at words.
        """
        raise TypeError(f"{type(self).__name__} does not define forward")


class Pooling(nn.Module):
    """Base class of poolings, which compute one vector of size ``output_dim`` from a text's states, or one per class.

    A constructor takes `Sizes`, then the part's own options as keywords.
    """

    one_a_class = False  # True if the output is one vector for each class
    reads_pairs_only = False  # True if the pooling needs the other text of a pair
    reads_special_tokens = False  # True if the pooling needs the special tokens of a language model

    output_dim: int

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        """Pool the states of a `Context` where the mask ``(batch, seq)`` is True."""
        raise TypeError(f"{type(self).__name__} does not define forward")


class Encoder(nn.Module):
    """Base class of encoders, which compute one vector of size ``output_dim`` from a text, or one per class.

    ``embedding`` holds the word vectors. The constructor of a whole encoder takes the embedding and `Sizes`, then the
    encoder's own options as keywords.
    """

    reads_sentences = False  # True if the encoder needs each word's sentence number
    reads_pairs = False  # True if the constructor takes the keyword ``pairs``: whether to encode pairs of texts
    output_dim: int
    embedding: WordSource

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        """Encode a batch of texts, or of pairs of texts; one encoder object takes either texts or pairs."""
        raise TypeError(f"{type(self).__name__} does not define forward")


def total(left: Tensor | None, right: Tensor | None) -> Tensor | None:
    """Add two tensors, either of which may be None."""
    return left if right is None else right if left is None else left + right


def last_word(states: Tensor, mask: Tensor) -> Tensor:
    """Return the state ``(batch, dim)`` of each text's last word."""
    last = mask.sum(1) - 1
    return states[torch.arange(len(states), device=states.device), last]


def combine(left: Pooled, right: Pooled) -> Pooled:
    """Combine two texts u and v to [u; v; |u - v|; u · v], Conneau et al. 2017 (arXiv 1705.02364), figure 1.

    The penalties of the two texts are added, and so are their log-probabilities.
    """
    u, v = left.vector, right.vector
    return Pooled(
        torch.cat([u, v, (u - v).abs(), u * v], -1),
        left.weights,
        total(left.penalty, right.penalty),
        total(left.log_probability, right.log_probability),
        right.weights,
    )
