"""Sparsemax: soft attention in which low scores get weight 0."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, shifted
from textclf.registry import PartOptions


class Sparsemax(Normaliser):
    """The point of the simplex nearest to the scores, Martins & Astudillo 2016 (arXiv 1602.02068), algorithm 1.

    weights = max(s - τ, 0) for the scores s, with the τ for which they sum to 1. Only keys with a weight above 0 have a
    gradient.
    """

    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        scores = shifted(scores, mask)
        ordered = scores.detach().sort(-1, descending=True).values
        ranks = torch.arange(1, scores.shape[-1] + 1, device=scores.device)
        size = (1 + ranks * ordered > ordered.cumsum(-1)).sum(-1, keepdim=True)  # number of keys with a weight above 0
        support = scores >= ordered.gather(-1, size - 1)
        threshold = (torch.where(support, scores, 0.0).sum(-1, keepdim=True) - 1) / support.sum(-1, keepdim=True)
        return torch.where(support, scores - threshold, 0.0).clamp_min(0)
