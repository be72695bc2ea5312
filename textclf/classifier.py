"""Encoder -> dropout -> linear -> logits."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from textclf.data.batching import TextBatch
from textclf.encoders.dropout import Dropout
from textclf.encoders.encoder import Encoder, Pooled
from textclf.encoders.overlap import FEATURES, Overlap


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
    overlap : Overlap, optional
        Of a pair: its features stand beside the vector.
    """

    def __init__(self, encoder: Encoder, classes: int, dropout: float, overlap: Overlap | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = Dropout(dropout)
        self.overlap = overlap
        self.linear = nn.Linear(encoder.output_dim + (0 if overlap is None else FEATURES), classes)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Output:
        """A batch of texts, or of pairs of texts, to an `Output`."""
        pooled = self.encoder(text) if pair is None else self.encoder(text, pair)
        vector = self.dropout(pooled.vector)
        if self.overlap is not None:
            assert pair is not None
            features = self.overlap(text, pair).to(vector.dtype)
            features = features if vector.dim() == 2 else features[:, None].expand(-1, vector.shape[1], -1)
            vector = torch.cat([vector, features], -1)
        if vector.dim() == 3:  # one vector a class: each logit reads its own
            return Output((vector * self.linear.weight).sum(-1) + self.linear.bias, pooled)
        return Output(self.linear(vector), pooled)

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
