"""Question vector: one vector of the other text is appended to every word."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Interaction
from textclf.encoders.poolings.mean import masked_mean
from textclf.registry import PartOptions


class QuestionVector(Interaction):
    """[w_t; q] with q the mean of the other text's word vectors: what the article calls the baseline of two texts.

    All words get the same q; `cross_attention` gives each its own.

    Parameters
    ----------
    dim : int
        Size of a word vector.
    """

    class Options(PartOptions):
        pass

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.output_dim = 2 * dim

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        question = masked_mean(other, other_mask)[:, None].expand_as(words)
        return torch.cat([words, torch.where(mask[:, :, None], question, 0.0)], -1)
