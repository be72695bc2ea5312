"""Multi-head: several queries; their weighted means are concatenated."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.bounds import Few
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class MultiHeadPooling(Pooling):
    """[Σ_t α_1t h_t; …; Σ_t α_rt h_t] with α_i = normalise(score(q_i, h)), for states h_t and r learned queries q_i.

    After Vaswani et al. 2017 (arXiv 1706.03762), section 3.2.2. Deviation: every head weighs whole states, so the
    vector is ``heads`` times as long as a state; in the paper each head projects the states to a smaller size. The
    heads share the parameters of the score and differ by their queries.

    Parameters
    ----------
    sizes : Sizes
    heads : int
        Number of queries, r.
    score, normaliser : PartOptions
    """

    class Options(PartOptions):
        heads: Few = 4
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(self, sizes: Sizes, *, heads: int, score: PartOptions, normaliser: PartOptions) -> None:
        super().__init__()
        dim = sizes.word_dim
        self.output_dim = heads * dim
        self.attend = Attend(dim, dim, score, normaliser, one_query_per="head")
        self.queries = nn.Parameter(torch.randn(heads, dim).mul_(self.attend.score.query_std))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        output = self.attend(self.queries[None], context.states, context.states, mask)
        return Pooled(output.pooled.flatten(1), output.weights, log_probability=output.log_probability)
