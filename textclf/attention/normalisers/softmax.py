"""Softmax: soft, global attention; every key gets some weight."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser
from textclf.registry import PartOptions


class Softmax(Normaliser):
    """exp(s_i) / Σ_j exp(s_j) over the keys that count; the article's "soft attention"."""

    softmax = True

    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        return scores.masked_fill(~mask, -torch.inf).softmax(-1)
