"""Structured: several attention rows; a penalty keeps them from overlapping."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.normalisers import NORMALISERS
from textclf.bounds import Few, NonNegative, Size
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions


class StructuredPooling(Pooling):
    """M = A H with A = softmax(W_2 tanh(W_1 Hᵀ)), Lin et al. 2017 (arXiv 1703.03130), equations 6 to 8.

    H ``(seq, dim)`` holds the states, A ``(rows, seq)`` the weights; W_1 and W_2 are learned. The vector is the
    concatenation of the rows of M. Training adds ``penalty`` · ‖A Aᵀ - I‖² to the loss (squared Frobenius norm, mean
    over the batch). Deviation: any normaliser can take the place of the softmax.

    Parameters
    ----------
    sizes : Sizes
    rows : int
        Number of rows of A, the paper's r.
    attention_dim : int, optional
        The paper's d_a; by default the size of a state.
    penalty : float
        Must be 0 if the normaliser learns from a reward: the reward is the negative loss of a text without the
        penalty, and no gradient flows through the drawn keys.
    normaliser : PartOptions
    """

    class Options(PartOptions):
        rows: Few = 4
        attention_dim: Size | None = None
        penalty: NonNegative = 0.1
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self, sizes: Sizes, *, rows: int, attention_dim: int | None, penalty: float, normaliser: PartOptions
    ) -> None:
        super().__init__()
        dim = sizes.word_dim
        self.output_dim, self.penalty = rows * dim, penalty
        self.hidden = nn.Linear(dim, attention_dim or dim, bias=False)
        self.rows = nn.Linear(attention_dim or dim, rows, bias=False)
        self.normaliser = NORMALISERS.build(normaliser)
        if penalty and self.normaliser.needs_reward:
            raise ConfigurationError(
                Problem(
                    "normaliser",
                    f"no gradient flows through the keys that {normaliser.part} draws, so the penalty of the "
                    "pooling structured has no effect; set penalty to 0, or choose hard",
                )
            )

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        scores = self.rows(self.hidden(context.states).tanh()).transpose(1, 2)
        weights, log_probability = self.normaliser.choose(scores, mask[:, None].expand_as(scores))
        pooled = weights.to(context.states.dtype) @ context.states
        return Pooled(pooled.flatten(1), weights, self.penalty * redundancy(weights), log_probability)


def redundancy(weights: Tensor) -> Tensor:
    """Return ‖A Aᵀ - I‖² of weights A ``(batch, rows, seq)``, mean over the batch.

    It is 0 if each row has weight 1 for one key, and no two rows have the same key.
    """
    overlap = weights @ weights.transpose(1, 2) - torch.eye(weights.shape[1], device=weights.device)
    return overlap.square().sum((1, 2)).mean()
