"""Encoder -> dropout -> linear -> logits."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from textclf.encoders.encoder import Encoder, Pooled


class Output(NamedTuple):
    """What a classifier returns: logits ``(batch, classes)`` and what the encoder made of the texts."""

    logits: Tensor
    pooled: Pooled


class Classifier(nn.Module):
    """A text's vector, dropped out, through one linear layer.

    Parameters
    ----------
    encoder : Encoder
    classes : int
    dropout : float
        Of the text's vector.
    """

    def __init__(self, encoder: Encoder, classes: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_dim, classes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Output:
        """Token ids ``(batch, seq)`` and mask ``(batch, seq)``, True at words, to an `Output`."""
        pooled = self.encoder(tokens, mask)
        return Output(self.linear(self.dropout(pooled.vector)), pooled)

    def count_parameters(self) -> dict[str, int]:
        """How many numbers are learned: in all, word vectors, the rest of the encoder, the linear layer.

        Frozen word vectors count as word vectors: they are part of the model, though they are not trained.
        """
        embedding, encoder, linear = (
            sum(parameter.numel() for parameter in module.parameters())
            for module in (self.encoder.embedding, self.encoder, self.linear)
        )
        return {
            "total": encoder + linear,
            "embedding": embedding,
            "encoder": encoder - embedding,
            "classifier": linear,
        }
