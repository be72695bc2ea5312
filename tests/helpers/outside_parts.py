"""A plug-in file: parts that textclf does not have."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from textclf.attention.attend import Score
from textclf.attention.scores import SCORES
from textclf.encoders.baselines import BASELINES
from textclf.encoders.baselines.majority import Majority
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.encoders.poolings import POOLINGS
from textclf.registry import PartOptions


class NegativeDistance(Score):
    """-‖q - k‖²."""

    same_size = True

    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return -((queries[:, :, None] - keys[:, None]) ** 2).sum(-1)


class FirstPooling(Pooling):
    """The state of the first word."""

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.states[:, 0])


class Uniform(Majority):
    """The same probability for every class."""

    def fit(self, labels: Any, *columns: Any) -> Uniform:
        return self


SCORES.register("negative_distance", NegativeDistance)
POOLINGS.register("first", FirstPooling)
BASELINES.register("uniform", Uniform)
