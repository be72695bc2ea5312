"""Dropout that draws its random numbers quickly on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 2**16  # a value has 16 random bits
VALUES_PER_DRAW = 4  # a draw has 64 bits


class Dropout(nn.Module):
    """Zero each value with the probability ``p``, and scale up the others (Srivastava et al. 2014).

    On a CPU torch draws a random number for each value, which takes longer than the arithmetic of many encoders. Here
    four values share one draw of torch's generator, so ``p`` is rounded to a multiple of 1/65,536. Other devices use
    torch's dropout.

    Parameters
    ----------
    p : float
        From 0 to 0.999; rounding then changes 1 - p by at most 1 %.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return values
        if values.device.type != "cpu":
            return functional.dropout(values, self.p)
        return values * self.factors(values)

    def factors(self, like: Tensor) -> Tensor:
        """Draw 0 or ``1 / (1 - p)`` for each value, in the shape and type of ``like``."""
        dropped = round(self.p * LEVELS)
        drawn = torch.empty(-(-like.numel() // VALUES_PER_DRAW), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.int16)[: like.numel()].view(like.shape) >= dropped - LEVELS // 2
        return kept.to(like.dtype).mul_(LEVELS / (LEVELS - dropped))
