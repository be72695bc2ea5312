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
    """The result of a classifier: logits ``(batch, classes)`` and the encoder's result."""

    logits: Tensor
    pooled: Pooled


class Classifier(nn.Module):
    """An encoder, dropout and one linear layer.

    Parameters
    ----------
    encoder : Encoder
    classes : int
    dropout : float
        Probability that a value of the text's vector becomes 0 in training.
    overlap : Overlap, optional
        Features of a pair of texts, which are appended to the vector.
    """

    def __init__(self, encoder: Encoder, classes: int, dropout: float, overlap: Overlap | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = Dropout(dropout)
        self.overlap = overlap
        self.linear = nn.Linear(encoder.output_dim + (0 if overlap is None else FEATURES), classes)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Output:
        """Classify a batch of texts, or of pairs of texts."""
        pooled = self.encoder(text) if pair is None else self.encoder(text, pair)
        vector = self.dropout(pooled.vector)
        if self.overlap is not None:
            assert pair is not None
            features = self.overlap(text, pair).to(vector.dtype)
            features = features if vector.dim() == 2 else features[:, None].expand(-1, vector.shape[1], -1)
            vector = torch.cat([vector, features], -1)
        if vector.dim() == 3:  # one vector for each class; each vector gives one logit
            return Output((vector * self.linear.weight).sum(-1) + self.linear.bias, pooled)
        return Output(self.linear(vector), pooled)

    def count_parameters(self) -> dict[str, int]:
        """Return the number of parameters.

        The ``total`` is the sum of ``embedding``, ``encoder`` (without embedding) and ``classifier``. Frozen word
        vectors count too: they are part of the model, although they are not trained. ``pretrained`` are the parameters
        of a language model, ``trained`` those that training changes.
        """
        words = self.encoder.embedding
        inside, encoder, linear = (
            sum(parameter.numel() for parameter in module.parameters()) for module in (words, self.encoder, self.linear)
        )
        embedding = words.count_parameters()
        return {
            "total": embedding + encoder - inside + linear,
            "embedding": embedding,
            "encoder": encoder - inside,
            "classifier": linear,
            "pretrained": words.count_pretrained(),
            "trained": sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad),
        }
