"""Cross-attention: each word is a query over the words of the other text."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders.encoder import Interaction, Sizes
from textclf.registry import PartOptions


class CrossAttention(Interaction):
    """[w_t; Σ_j α_tj o_j] with α_t = normalise(score(w_t, o)), for the words w_t of a text and o_j of the other text.

    Aligned word vectors, Chen et al. 2017 (arXiv 1704.00051), section 3.2. Deviation: any score can be chosen; in the
    paper it is the dot product of the two words after a dense layer with a ReLU.

    Parameters
    ----------
    sizes : Sizes
    score, normaliser : PartOptions
    """

    class Options(PartOptions):
        score: PartOptions = SCORES.slot("scaled_dot")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(self, sizes: Sizes, *, score: PartOptions, normaliser: PartOptions) -> None:
        super().__init__()
        dim = sizes.word_dim
        self.output_dim = 2 * dim
        self.attend = Attend(dim, dim, score, normaliser, one_query_per="word")

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        keys = other[:, None]  # one head
        aligned = self.attend.pooled(words[:, None], keys, keys, other_mask).squeeze(1)
        return torch.cat([words, torch.where(mask[:, :, None], aligned, 0.0)], -1)
