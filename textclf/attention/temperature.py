"""A temperature, which scales a bounded similarity so that a softmax can prefer one key."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Temperature(nn.Module):
    """Divide a similarity by τ. τ is fixed, or it is learned as log τ, so that it stays positive.

    Parameters
    ----------
    initial : float
        τ at the start.
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
