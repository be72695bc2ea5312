"""Local: a softmax over a window around the key that scores highest."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, shifted
from textclf.bounds import Distance
from textclf.registry import PartOptions


class Local(Normaliser):
    """Softmax over the keys near the key with the highest score, after Luong et al. 2015 (arXiv 1508.04025).

    Deviations from the paper's local attention (section 3.2): the centre is the key with the highest score, not a
    predicted position, and the weights are not multiplied by a Gaussian. The window ends where the text ends. The
    choice of the centre has no gradient; the gradient flows through the softmax inside the window.

    Parameters
    ----------
    width : int
        Number of keys on each side of the centre; 10 in the paper.
    """

    class Options(PartOptions):
        width: Distance = 10

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        scores = shifted(scores, mask)
        positions = torch.arange(scores.shape[-1], device=scores.device)
        inside = (positions - scores.argmax(-1, keepdim=True)).abs() <= self.width
        return scores.masked_fill(~(inside & mask), -torch.inf).softmax(-1)
