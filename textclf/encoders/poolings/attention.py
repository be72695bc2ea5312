"""Attention pooling: the weighted mean of the states; one query."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.encoders.poolings.mean import masked_mean
from textclf.registry import PartOptions


class AttentionPooling(Pooling):
    """Σ_t α_t h_t with α = normalise(score(q, h)), for the states h_t of a text and one query q.

    With an additive score and a learned query this is the attention of Yang et al. 2016, "Hierarchical Attention
    Networks for Document Classification", equations 5 to 7; their bias b_w is W_q q here.

    Parameters
    ----------
    sizes : Sizes
    query : {"learned", "last", "mean", "other"}
        ``learned``: the same query for all texts (static attention). ``last`` and ``mean``: the text's last state, or
        the mean of its states (dynamic attention). ``other``: the last state of the other text of a pair (general
        attention).
    score, normaliser : PartOptions
    """

    class Options(PartOptions):
        query: Literal["learned", "last", "mean", "other"] = "learned"
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(self, sizes: Sizes, *, query: str, score: PartOptions, normaliser: PartOptions) -> None:
        super().__init__()
        self.output_dim = dim = sizes.word_dim
        self.attend = Attend(dim, dim, score, normaliser)
        self.query, self.reads_pairs_only = query, query == "other"
        if query == "learned":
            self.learned = nn.Parameter(torch.randn(dim).mul_(self.attend.score.query_std))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        query = self._query(context, mask)[:, None]
        output = self.attend(query, context.states, context.states, mask)
        return Pooled(output.pooled.squeeze(1), output.weights, log_probability=output.log_probability)

    def _query(self, context: Context, mask: Tensor) -> Tensor:
        if self.query == "learned":
            return self.learned[None]
        if self.query == "other":
            assert context.other is not None
            return context.other
        return context.final if self.query == "last" else masked_mean(context.states, mask)
