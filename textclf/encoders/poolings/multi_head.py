"""Multi-head: several queries ask; what they read stands side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.bounds import Few
from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.registry import PartOptions


class MultiHeadPooling(Pooling):
    """[Σ_t α_1t h_t; …; Σ_t α_rt h_t], r learned queries; after Vaswani et al. 2017 (arXiv 1706.03762), section 3.2.2.

    Deviation: every head reads whole states, so the vector is ``heads`` times as long, where Vaswani et al. give each
    head a projection of its own to a part of the size. The heads share the score's weights and differ by their queries.

    Parameters
    ----------
    dim, classes : int
        Size of a state; the number of classes is not used.
    heads : int, default 4
    score, normaliser : PartOptions or str
    """

    class Options(PartOptions):
        heads: Few = 4
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        dim: int,
        classes: int,
        heads: int = 4,
        score: PartOptions | str = "additive",
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        self.output_dim = heads * dim
        self.attend = Attend(dim, dim, score, normaliser, askers="heads")
        self.queries = nn.Parameter(torch.randn(heads, dim).mul_(self.attend.score.query_spread))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        read = self.attend(self.queries[None], context.states, context.states, mask)
        return Pooled(read.pooled.flatten(1), read.weights, log_probability=read.log_probability)
