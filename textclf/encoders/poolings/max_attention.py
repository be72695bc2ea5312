"""Max-attention: the query is the largest value of each coordinate."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from textclf.attention.normalisers import NORMALISERS
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class MaxAttentionPooling(Pooling):
    """Σ_t α_t h_t with α = softmax(h_t / ‖h_t‖ · q) and q_i = max_t h_t,i; Maini et al. 2020 (arXiv 2005.00159).

    h_t are the states. The query q comes from the text itself (dynamic attention), and nothing is learned. Deviation:
    any normaliser can take the place of the softmax.

    Parameters
    ----------
    sizes : Sizes
    normaliser : PartOptions
    """

    class Options(PartOptions):
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(self, sizes: Sizes, *, normaliser: PartOptions) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim
        self.normaliser = NORMALISERS.build(normaliser)

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        query = context.states.masked_fill(~mask[:, :, None], -torch.inf).amax(1, keepdim=True)
        scores = query @ functional.normalize(context.states, dim=-1).transpose(1, 2)  # (batch, 1, seq)
        weights, log_probability = self.normaliser.choose(scores, mask[:, None])
        pooled = weights.to(context.states.dtype) @ context.states
        return Pooled(pooled.squeeze(1), weights, log_probability=log_probability)
