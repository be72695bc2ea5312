"""Entmax 1.5: between softmax and sparsemax; low scores get weight 0."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, shifted
from textclf.registry import PartOptions


class Entmax15(Normaliser):
    """α-entmax with α = 1.5, Peters, Niculae & Martins 2019 (arXiv 1905.05702), algorithm 2 (exact, by sorting).

    weights = max(s/2 - τ, 0)² for the scores s, with the τ for which the weights sum to 1.
    """

    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        halves = shifted(scores, mask) / 2
        ordered = halves.detach().sort(-1, descending=True).values
        ranks = torch.arange(1, halves.shape[-1] + 1, device=halves.device, dtype=halves.dtype)
        thresholds = _threshold(ordered.cumsum(-1), ordered.square().cumsum(-1), ranks)
        size = (thresholds <= ordered).sum(-1, keepdim=True)  # number of keys with a weight above 0
        support = halves >= ordered.gather(-1, size - 1)
        kept = torch.where(support, halves, 0.0)
        count = support.sum(-1, keepdim=True).to(halves.dtype)
        threshold = _threshold(kept.sum(-1, keepdim=True), kept.square().sum(-1, keepdim=True), count)
        return torch.where(support, halves - threshold, 0.0).clamp_min(0).square()


def _threshold(total: Tensor, squares: Tensor, count: Tensor) -> Tensor:
    """Return the τ with Σ (x - τ)² = 1 over ``count`` values x, with ``total`` = Σ x and ``squares`` = Σ x²."""
    mean = total / count
    spread = (squares / count - mean.square()).clamp_min(0)
    return mean - (1 / count - spread).clamp_min(torch.finfo(mean.dtype).tiny).sqrt()
