"""Any contextualiser with any pooling is an encoder."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders import WHOLE_ENCODERS
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Contextualiser, Encoder, Pooled, Pooling
from textclf.encoders.poolings import POOLINGS
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

    def forward(self, tokens: Tensor, mask: Tensor) -> Pooled:
        return self.pooling(self.contextualiser(self.embedding(tokens, mask), mask), mask)


def build_encoder(options: PartOptions, embedding: Embedding, hidden_dim: int, max_tokens: int) -> Encoder:
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
    """
    if options.part in WHOLE_ENCODERS:
        return WHOLE_ENCODERS.build(options, embedding, hidden_dim, max_tokens)
    contextualiser = CONTEXTUALISERS.build(options, embedding.output_dim, hidden_dim, max_tokens, without=["pooling"])
    pooling = POOLINGS.build(options.pooling, contextualiser.output_dim)  # type: ignore[attr-defined]
    return Composition(embedding, contextualiser, pooling)
