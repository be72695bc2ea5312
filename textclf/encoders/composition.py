"""Compose an encoder of single texts or of pairs of texts from an interaction, a contextualiser and a pooling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from textclf.data.batching import TextBatch
from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.composed_options import ComposedOptions
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding
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
        words = self.embedding(text.tokens, text.mask), self.embedding(pair.tokens, pair.mask)
        left = self.contextualiser(self.interaction(words[0], text.mask, words[1], pair.mask), text.mask)
        right = self.contextualiser(self.interaction(words[1], pair.mask, words[0], text.mask), pair.mask)
        return combine(
            self.pooling(left._replace(other=right.final), text.mask),
            self.pooling(right._replace(other=left.final), pair.mask),
        )


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


def build_encoder(options: PartOptions, embedding: Embedding, sizes: Sizes, pairs: bool = False) -> Encoder:
    """Build the encoder that ``options`` describe: a whole encoder or a composition.

    Parameters
    ----------
    options : PartOptions
        From ``ENCODERS.options``.
    embedding : Embedding
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


def _compose(options: ComposedOptions, embedding: Embedding, sizes: Sizes, pairs: bool) -> Encoder:
    if not pairs:
        return Composition(embedding, *build_level(options, sizes))
    with option_path("interaction."):
        interaction: Interaction = INTERACTIONS.build(options.interaction, sizes)
    sizes = sizes._replace(word_dim=interaction.output_dim)
    return PairComposition(embedding, interaction, *build_level(options, sizes, pairs=True))


def build_level(options: ComposedOptions, sizes: Sizes, pairs: bool = False) -> tuple[Contextualiser, Pooling]:
    """Build a contextualiser and the pooling of its states.

    Raises
    ------
    ConfigurationError
        If ``options`` hold a part that needs pairs of texts, and ``pairs`` is False.
    """
    if not pairs and options.interaction.part != "siamese":
        raise ConfigurationError(
            Problem(
                "interaction",
                f"{options.interaction.part} needs pairs of texts, and here each text is alone; leave it out",
            )
        )
    contextualiser: Contextualiser = CONTEXTUALISERS.build(options, sizes)
    with option_path("pooling."):
        pooling: Pooling = POOLINGS.build(options.pooling, sizes._replace(word_dim=contextualiser.output_dim))
    if pooling.reads_pairs_only and not pairs:
        raise ConfigurationError(
            Problem(
                "pooling",
                f"{options.pooling.part} as configured needs pairs of texts, and here each text is alone; "
                "choose another query or another pooling",
            )
        )
    return contextualiser, pooling


@contextmanager
def option_path(path: str) -> Iterator[None]:
    """Put ``path``, such as ``"pooling."``, before the key of each problem that building a nested part raises."""
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError([replace(problem, key=path + problem.key) for problem in error.problems]) from None
