"""Label: each class asks for itself, and its logit reads what it found."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.registry import PartOptions


class LabelPooling(Pooling):
    """One vector a class: Σ_t α_ct h_t with α_c = normalise(score(e_c, h)), e_c the embedding of class c.

    Label-wise attention, Mullenbach et al. 2018 (arXiv 1802.05695), equations 2 to 4; the labels are information from
    outside the text (general attention). The classifier then gives class c the logit w_c · v_c + b_c.

    Parameters
    ----------
    dim, classes : int
        Size of a state and of a class embedding; the number of classes.
    score, normaliser : PartOptions or str
    """

    one_a_class = True

    class Options(PartOptions):
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        dim: int,
        classes: int,
        score: PartOptions | str = "additive",
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        self.output_dim = dim
        self.attend = Attend(dim, dim, score, normaliser, askers="classes")
        self.labels = nn.Parameter(torch.randn(classes, dim).mul_(self.attend.score.query_spread))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        read = self.attend(self.labels[None], context.states, context.states, mask)
        return Pooled(read.pooled, read.weights, log_probability=read.log_probability)
