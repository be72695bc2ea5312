"""Softmax: soft, global attention; each key has a weight above 0."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, finite
from textclf.registry import PartOptions


class Softmax(Normaliser):
    """exp(s_i) / Σ_j exp(s_j) with the score s_i of key i, over the keys in the mask; often called soft attention."""

    softmax = True

    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask, finite(scores), -torch.inf).softmax(-1)
