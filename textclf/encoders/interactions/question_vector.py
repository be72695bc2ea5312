"""Question vector: the other text's mean, appended to each word vector."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.encoders.encoder import Interaction, Sizes
from textclf.encoders.poolings.mean import masked_mean
from textclf.registry import PartOptions


class QuestionVector(Interaction):
    """[w_t; q] for the words w_t of a text, where q is the mean of the other text's word vectors.

    A simple baseline: all words have the same q; `CrossAttention` computes a vector for each word.

    Parameters
    ----------
    sizes : Sizes
    """

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = 2 * sizes.word_dim

    def forward(self, words: Tensor, mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        question = masked_mean(other, other_mask)[:, None].expand_as(words)
        return torch.cat([words, torch.where(mask[:, :, None], question, 0.0)], -1)
