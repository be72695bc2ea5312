"""Structured: several attention rows; a penalty keeps them from overlapping."""

from __future__ import annotations

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from textclf.attention.normalisers import NORMALISERS
from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions


class StructuredPooling(Pooling):
    """M = A H with A = softmax(W_2 tanh(W_1 Hᵀ)), Lin et al. 2017 (arXiv 1703.03130), equations 6 to 8.

    The vector is the rows of M side by side. The penalty ‖A Aᵀ - I‖² (squared Frobenius norm, mean over the batch),
    times ``penalty``, is added to the loss.

    With ``hard_reinforce`` the penalty has to be 0: no gradient flows through its choices, and the reward, the text's
    loss, does not hold the penalty.

    Parameters
    ----------
    dim, classes : int
        Size of a state; the number of classes is not used.
    rows : int, default 4
        Rows of A, the paper's r.
    attention_dim : int, optional
        The paper's d_a; by default the size of a state.
    penalty : float, default 0.1
    normaliser : PartOptions or str
    """

    class Options(PartOptions):
        rows: PositiveInt = 4
        attention_dim: PositiveInt | None = None
        penalty: NonNegativeFloat = 0.1
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        dim: int,
        classes: int,
        rows: int = 4,
        attention_dim: int | None = None,
        penalty: float = 0.1,
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        self.output_dim, self.penalty = rows * dim, penalty
        self.hidden = nn.Linear(dim, attention_dim or dim, bias=False)
        self.rows = nn.Linear(attention_dim or dim, rows, bias=False)
        self.normaliser = NORMALISERS.build(normaliser)
        if penalty and self.normaliser.needs_reward:
            raise ConfigurationError(
                "normaliser: no gradient flows through the choices of hard_reinforce, so the penalty of structured "
                "would do nothing; set penalty to 0, or choose hard"
            )

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        scores = self.rows(self.hidden(context.states).tanh()).transpose(1, 2)
        weights, log_probability = self.normaliser.choose(scores, mask[:, None].expand_as(scores))
        pooled = weights.to(context.states.dtype) @ context.states
        return Pooled(pooled.flatten(1), weights, self.penalty * redundancy(weights), log_probability)


def redundancy(weights: Tensor) -> Tensor:
    """‖A Aᵀ - I‖², of weights ``(batch, rows, seq)``, mean over the batch: 0 when each row reads one key of its own."""
    overlap = weights @ weights.transpose(1, 2) - torch.eye(weights.shape[1], device=weights.device)
    return overlap.square().sum((1, 2)).mean()
