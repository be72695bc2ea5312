"""Dropout whose chance is cheap to draw on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANCES = 2**16  # a value is kept or not by sixteen bits of chance
DRAWN = 4  # values for one draw of 64 bits


class Dropout(nn.Module):
    """Zero each value with the probability ``p``, and scale up the others (Srivastava et al. 2014).

    On a CPU torch draws for one value after the other, which takes longer than many an encoder's arithmetic. Here four
    values share a draw of torch's generator, so ``p`` is rounded to 1/65,536. Elsewhere it is torch's own.

    Parameters
    ----------
    p : float
        From 0 to 0.999: 1 - p is then right within 1 %, rounded as it is.
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
        """0 or ``1 / (1 - p)`` for each value, of its shape and type."""
        dropped = round(self.p * CHANCES)
        drawn = torch.empty(-(-like.numel() // DRAWN), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.int16)[: like.numel()].view(like.shape) >= dropped - CHANCES // 2
        return kept.to(like.dtype).mul_(CHANCES / (CHANCES - dropped))
