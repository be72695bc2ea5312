"""Label: one attention query and one vector for each class."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class LabelPooling(Pooling):
    """A vector v_c for each class c: Σ_t α_ct h_t with α_c = normalise(score(e_c, h)), for states h_t.

    e_c is a learned embedding of class c. This is label-wise attention, Mullenbach et al. 2018 (arXiv 1802.05695),
    equations 2 to 4; the labels are information from outside the text (general attention). The classifier then
    computes the logit w_c · v_c + b_c of class c. Deviations: the default score is additive (in the paper, dot);
    the classes share a softmax (in the paper, each class has a sigmoid).

    Parameters
    ----------
    sizes : Sizes
    score, normaliser : PartOptions
    """

    one_a_class = True

    class Options(PartOptions):
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(self, sizes: Sizes, *, score: PartOptions, normaliser: PartOptions) -> None:
        super().__init__()
        self.output_dim = dim = sizes.word_dim
        self.attend = Attend(dim, dim, score, normaliser, one_query_per="class")
        self.labels = nn.Parameter(torch.randn(sizes.classes, dim).mul_(self.attend.score.query_std))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        output = self.attend(self.labels[None], context.states, context.states, mask)
        return Pooled(output.pooled, output.weights, log_probability=output.log_probability)
