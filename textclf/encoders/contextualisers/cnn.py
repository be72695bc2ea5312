"""CNN: each word sees its neighbours through several windows."""

from __future__ import annotations

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from textclf.encoders.encoder import Context, Contextualiser, last_word
from textclf.encoders.interactions import ContextualiserOptions
from textclf.encoders.poolings import POOLINGS
from textclf.registry import PartOptions


class CNN(Contextualiser):
    """Convolutions side by side, ReLU; with max pooling the sentence model of Kim 2014 (arXiv 1408.5882).

    Deviation: a text is padded with zeros so that every word is the middle of one window, where Kim slides windows
    over a text padded on both sides by their width less one; so states and words correspond.

    Parameters
    ----------
    input_dim : int
        Size of a word vector.
    hidden_dim : int
        Filters a window, unless ``filters`` says otherwise.
    max_tokens : int
        Not used: a convolution reads any length.
    windows : tuple of int, default (3, 4, 5)
    filters : int, optional
    """

    class Options(ContextualiserOptions):
        windows: tuple[PositiveInt, ...] = Field((3, 4, 5), min_length=1)
        filters: PositiveInt | None = None
        pooling: PartOptions = POOLINGS.slot("max")

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        max_tokens: int,
        windows: tuple[int, ...] = (3, 4, 5),
        filters: int | None = None,
    ) -> None:
        super().__init__()
        filters = filters or hidden_dim
        self.windows = windows
        self.convolutions = nn.ModuleList(nn.Conv1d(input_dim, filters, window) for window in windows)
        self.output_dim = filters * len(windows)

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        columns = words.transpose(1, 2)  # pads are zeros, as beyond the text's end
        features = [
            convolution(_surround(columns, window))
            for convolution, window in zip(self.convolutions, self.windows, strict=True)
        ]
        states = torch.cat(features, 1).relu().transpose(1, 2)
        return Context(states, last_word(states, mask))


def _surround(columns: Tensor, window: int) -> Tensor:
    """Zeros on both sides, so that a window stands on every column."""
    return functional.pad(columns, ((window - 1) // 2, window // 2))
