"""Compose an encoder of single texts or of pairs of texts from an interaction, a contextualiser and a pooling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from torch import Tensor

from textclf.data.batching import TextBatch
from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.composed_options import ComposedOptions
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding, WordSource
from textclf.encoders.encoder import Contextualiser, Encoder, Interaction, Pooled, Pooling, Sizes, combine
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions


class Composition(Encoder):
    """embed -> contextualise -> pool.

    Parameters
    ----------
    embedding : Embedding
    contextualiser : Contextualiser
    pooling : Pooling
    """

    def __init__(self, embedding: Embedding, contextualiser: Contextualiser, pooling: Pooling) -> None:
        super().__init__()
        self.embedding, self.contextualiser, self.pooling = embedding, contextualiser, pooling
        self.output_dim = pooling.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        words = self.embedding(text.tokens, text.mask)
        return self.pooling(self.contextualiser(words, text.mask), text.mask)


class PairComposition(Encoder):
    """embed -> interact -> contextualise -> pool, with the same parts for both texts, then `combine`.

    Parameters
    ----------
    embedding : Embedding
    interaction : Interaction
    contextualiser : Contextualiser
        Its ``word_dim`` is the interaction's ``output_dim``.
    pooling : Pooling
    """

    def __init__(
        self, embedding: Embedding, interaction: Interaction, contextualiser: Contextualiser, pooling: Pooling
    ) -> None:
        super().__init__()
        self.embedding, self.interaction = embedding, interaction
        self.contextualiser, self.pooling = contextualiser, pooling
        self.output_dim = 4 * pooling.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        assert pair is not None
        left, right = ((self.embedding(side.tokens, side.mask), side.mask) for side in (text, pair))
        return encode_pair(self, left, right)


class Pair(Encoder):
    """One encoder for both texts of a pair, then `combine`.

    Parameters
    ----------
    encoder : Encoder
        Encodes single texts.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.embedding = encoder, encoder.embedding
        self.output_dim = 4 * encoder.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        assert pair is not None
        return combine(self.encoder(text), self.encoder(pair))


class PairParts(Protocol):
    """An encoder of pairs that is composed of three parts."""

    interaction: Interaction
    contextualiser: Contextualiser
    pooling: Pooling


def encode_pair(parts: PairParts, left: tuple[Tensor, Tensor], right: tuple[Tensor, Tensor]) -> Pooled:
    """Encode two texts, each given as its word vectors ``(batch, seq, dim)``, 0 at pads, and its mask."""
    (left_words, left_mask), (right_words, right_mask) = left, right
    u = parts.contextualiser(parts.interaction(left_words, left_mask, right_words, right_mask), left_mask)
    v = parts.contextualiser(parts.interaction(right_words, right_mask, left_words, left_mask), right_mask)
    return combine(
        parts.pooling(u._replace(other=v.final), left_mask), parts.pooling(v._replace(other=u.final), right_mask)
    )


def build_encoder(options: PartOptions, embedding: WordSource, sizes: Sizes, pairs: bool = False) -> Encoder:
    """Build the encoder that ``options`` describe: a whole encoder or a composition.

    Parameters
    ----------
    options : PartOptions
        From ``ENCODERS.options``.
    embedding : WordSource
        A `PretrainedWords` for an encoder that reads a language model, else an `Embedding`.
    sizes : Sizes
        ``word_dim`` is the embedding's ``output_dim``.
    pairs : bool, default False
        Whether to encode pairs of texts.

    Raises
    ------
    ConfigurationError
        If parts do not fit together.
    """
    if isinstance(options, ComposedOptions):
        return _compose(options, embedding, sizes, pairs)
    if WHOLE_ENCODERS[options.part].reads_pairs:
        return WHOLE_ENCODERS.build(options, embedding, sizes, pairs=pairs)
    encoder = WHOLE_ENCODERS.build(options, embedding, sizes)
    return Pair(encoder) if pairs else encoder


def _compose(options: ComposedOptions, embedding: WordSource, sizes: Sizes, pairs: bool) -> Encoder:
    assert isinstance(embedding, Embedding)
    interaction, contextualiser, pooling = build_parts(
        options, options.pooling, options.interaction, sizes, pairs=pairs
    )
    if pairs:
        return PairComposition(embedding, interaction, contextualiser, pooling)
    return Composition(embedding, contextualiser, pooling)


def build_level(options: ComposedOptions, sizes: Sizes) -> tuple[Contextualiser, Pooling]:
    """Build a contextualiser and the pooling of its states, for single texts. Raises the errors of `build_parts`."""
    return build_parts(options, options.pooling, options.interaction, sizes, pairs=False)[1:]


def build_parts(
    contextualiser: PartOptions,
    pooling: PartOptions,
    interaction: PartOptions,
    sizes: Sizes,
    *,
    pairs: bool,
    path: str = "",
) -> tuple[Interaction, Contextualiser, Pooling]:
    """Build the parts of an encoder that is composed of them; only an encoder of pairs uses the interaction.

    Parameters
    ----------
    contextualiser, pooling, interaction : PartOptions
    sizes : Sizes
    pairs : bool
    path : str, default ""
        The prefix of the contextualiser's options in messages.

    Raises
    ------
    ConfigurationError
        If a part needs pairs of texts, and ``pairs`` is False.
    """
    if not pairs and interaction.part != "siamese":
        raise ConfigurationError(
            Problem(
                "interaction", f"{interaction.part} needs pairs of texts, and here each text is alone; leave it out"
            )
        )
    with option_path("interaction."):
        interaction_part: Interaction = INTERACTIONS.build(interaction, sizes)
    with option_path(path):
        contextualiser_part: Contextualiser = CONTEXTUALISERS.build(
            contextualiser, sizes._replace(word_dim=interaction_part.output_dim)
        )
    with option_path("pooling."):
        pooling_part: Pooling = POOLINGS.build(pooling, sizes._replace(word_dim=contextualiser_part.output_dim))
    if pooling_part.reads_pairs_only and not pairs:
        raise ConfigurationError(
            Problem(
                "pooling",
                f"{pooling.part} as configured needs pairs of texts, and here each text is alone; "
                "choose another query or another pooling",
            )
        )
    return interaction_part, contextualiser_part, pooling_part


@contextmanager
def option_path(path: str) -> Iterator[None]:
    """Put ``path``, such as ``"pooling."``, before the key of each problem that building a nested part raises."""
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError([replace(problem, key=path + problem.key) for problem in error.problems]) from None
