"""Hard, trained by REINFORCE: one key gets everything; the loss is the reward in training."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Normaliser, one_hot, shifted
from textclf.registry import PartOptions


class HardReinforce(Normaliser):
    """Hard attention by the score-function estimator, Williams 1992; Xu et al. 2015 (arXiv 1502.03044), section 4.1.

    In training a key is drawn with its softmax probability and gets 1; no gradient flows through the choice. Instead
    its log-probability times (the text's loss - a baseline) is added to the loss (`training.loop`). In eval the key of
    the highest score gets 1.
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
        chances = scores.log_softmax(-1)
        chosen = torch.multinomial(chances.detach().exp().flatten(0, -2), 1).view(scores.shape[:-1])
        return one_hot(chosen, scores), chances.gather(-1, chosen[..., None]).squeeze(-1).sum(-1)
