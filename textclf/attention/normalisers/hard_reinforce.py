"""Hard, REINFORCE: weight 1 for one key; the reward is the negative loss."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, one_hot, shifted
from textclf.registry import PartOptions


class HardReinforce(Normaliser):
    """Hard attention by the score-function estimator, Williams 1992; Xu et al. 2015 (arXiv 1502.03044), section 4.1.

    In training each key is drawn with its softmax probability; the drawn key has weight 1. No gradient flows through
    the draw. Instead `textclf.training.loop` adds a term to the loss: (the text's loss - a baseline) · log-probability.
    In evaluation the key with the highest score has weight 1.
    """

    needs_reward = True

    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        return self.choose(scores, mask)[0]

    def choose(self, scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor | None]:
        scores = shifted(scores, mask)
        if not self.training:
            return one_hot(scores.argmax(-1), scores), None
        log_probabilities = scores.log_softmax(-1)
        drawn = torch.multinomial(log_probabilities.detach().exp().flatten(0, -2), 1).view(scores.shape[:-1])
        return one_hot(drawn, scores), log_probabilities.gather(-1, drawn[..., None]).squeeze(-1).sum(-1)
