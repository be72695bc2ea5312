"""Hard: weight 1 for one key; trained by straight-through Gumbel."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from textclf.attention.attend import Normaliser, one_hot, shifted
from textclf.bounds import Positive
from textclf.registry import PartOptions


class Hard(Normaliser):
    """Hard attention by the straight-through Gumbel softmax, Jang, Gu & Poole 2017 (arXiv 1611.01144), section 2.2.

    In training one key is drawn, each with its softmax probability: the drawn key has the largest sum of score and
    Gumbel noise. Its weight is 1 in the forward pass; the backward pass uses the gradient of
    softmax((scores + noise) / τ). In evaluation the key with the highest score has weight 1.

    Parameters
    ----------
    temperature : float
        τ of the backward pass.
    """

    class Options(PartOptions):
        temperature: Positive = 1.0

    def __init__(self, *, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        scores = shifted(scores, mask)
        if not self.training:
            return one_hot(scores.argmax(-1), scores)
        return functional.gumbel_softmax(scores, self.temperature, hard=True) * mask
