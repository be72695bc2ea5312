"""Any contextualiser with any pooling is an encoder, of one text or of two."""

from __future__ import annotations

from textclf.data.batching import TextBatch
from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Contextualiser, Encoder, Interaction, Pooled, Pooling, combine
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError
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
    """embed -> interact -> contextualise -> pool, both texts by the same parts, then `combine`.

    Parameters
    ----------
    embedding : Embedding
    interaction : Interaction
    contextualiser : Contextualiser
        Of words as the interaction returns them.
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
    """Both texts by one encoder, then `combine`.

    Parameters
    ----------
    encoder : Encoder
        Of one text.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.embedding = encoder, encoder.embedding
        self.output_dim = 4 * encoder.output_dim

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        assert pair is not None
        return combine(self.encoder(text), self.encoder(pair))


def build_encoder(
    options: PartOptions, embedding: Embedding, hidden_dim: int, max_tokens: int, classes: int, pairs: bool = False
) -> Encoder:
    """The encoder that ``options`` describe, a whole one or a composition.

    Parameters
    ----------
    options : PartOptions
        As ``ENCODERS.options`` returns them.
    embedding : Embedding
    hidden_dim : int
        The width that all encoders of an experiment share; each says in its docstring what it does with it.
    max_tokens : int
        The longest text that will ever come.
    classes : int
    pairs : bool, default False
        Whether it reads pairs of texts.

    Raises
    ------
    ConfigurationError
        If parts do not go together.
    """
    if options.part in WHOLE_ENCODERS:
        sizes = (embedding, hidden_dim, max_tokens, classes)
        if WHOLE_ENCODERS[options.part].reads_pairs:
            return WHOLE_ENCODERS.build(options, *sizes, pairs=pairs)
        encoder = WHOLE_ENCODERS.build(options, *sizes)
        return Pair(encoder) if pairs else encoder
    if not pairs and options.interaction.part != "siamese":  # type: ignore[attr-defined]
        raise ConfigurationError(
            f"interaction: {options.interaction.part} is for pairs of texts, and the dataset has none; leave it out"  # type: ignore[attr-defined]
        )
    interaction = INTERACTIONS.build(options.interaction, embedding.output_dim)  # type: ignore[attr-defined]
    contextualiser = CONTEXTUALISERS.build(
        options,
        interaction.output_dim if pairs else embedding.output_dim,
        hidden_dim,
        max_tokens,
        without=["pooling", "interaction"],
    )
    pooling = POOLINGS.build(options.pooling, contextualiser.output_dim, classes)  # type: ignore[attr-defined]
    if pooling.reads_pairs_only and not pairs:
        raise ConfigurationError("pooling.query: other is for pairs of texts, and the dataset has none; choose another")
    if pairs:
        return PairComposition(embedding, interaction, contextualiser, pooling)
    return Composition(embedding, contextualiser, pooling)
