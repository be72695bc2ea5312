"""Hard: one key gets everything; straight-through Gumbel in training."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from textclf.attention.attend import Normaliser, one_hot, shifted
from textclf.bounds import Positive
from textclf.registry import PartOptions


class Hard(Normaliser):
    """Hard attention by the straight-through Gumbel softmax, Jang, Gu & Poole 2017 (arXiv 1611.01144), section 2.2.

    In training a key is drawn with its softmax probability (the largest of score + Gumbel noise), forward it gets 1,
    and backward the gradient is that of softmax((scores + noise) / τ). In eval the key of the highest score gets 1.

    Parameters
    ----------
    temperature : float, default 1
        τ of the backward pass.
    """

    class Options(PartOptions):
        temperature: Positive = 1.0

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        scores = shifted(scores, mask)
        if not self.training:
            return one_hot(scores.argmax(-1), scores)
        return functional.gumbel_softmax(scores, self.temperature, hard=True) * mask
