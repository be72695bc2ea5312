"""Cross-attention: every word reads the other text with its own query."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders.encoder import Interaction
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions


class CrossAttention(Interaction):
    """[w_t; Σ_j α_tj o_j] with α_t = normalise(score(w_t, o)), over the other text's words o.

    Aligned word vectors as in Chen et al. 2017 (arXiv 1704.00051), section 3.2, with the score a part of its own.

    Parameters
    ----------
    dim : int
        Size of a word vector.
    score, normaliser : PartOptions or str
    """

    class Options(PartOptions):
        score: PartOptions = SCORES.slot("scaled_dot")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self, dim: int, score: PartOptions | str = "scaled_dot", normaliser: PartOptions | str = "softmax"
    ) -> None:
        super().__init__()
        self.output_dim = 2 * dim
        self.attend = Attend(dim, dim, score, normaliser, askers="words")
        if self.attend.normaliser.needs_reward:
            raise ConfigurationError(
                "interaction.normaliser: hard_reinforce learns from one reading a text, and here every word reads; "
                "choose hard"
            )

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        keys = other[:, None]  # one head
        read = self.attend.pooled(words[:, None], keys, keys, other_mask).squeeze(1)
        return torch.cat([words, torch.where(mask[:, :, None], read, 0.0)], -1)
