"""A temperature: what a bounded similarity is divided by before a softmax, which it would leave nearly flat."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Temperature(nn.Module):
    """similarity / τ, with τ fixed, or learned as its logarithm so that it stays positive.

    Parameters
    ----------
    initial : float
    learned : bool
    """

    logarithm: Tensor

    def __init__(self, initial: float, learned: bool) -> None:
        super().__init__()
        logarithm = torch.tensor(math.log(initial))
        if learned:
            self.logarithm = nn.Parameter(logarithm)
        else:
            self.register_buffer("logarithm", logarithm)

    def forward(self, similarity: Tensor) -> Tensor:
        return similarity * (-self.logarithm).exp()
