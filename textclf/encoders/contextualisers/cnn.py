"""CNN: each word sees its neighbours through several windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.bounds import Size, Windows
from textclf.encoders.convolution import Convolution
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
        windows: Windows = (3, 4, 5)
        filters: Size | None = None
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
        self.convolutions = nn.ModuleList(
            Convolution(input_dim, filters, window, (window - 1) // 2, window // 2) for window in windows
        )
        self.output_dim = filters * len(windows)

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = torch.cat([convolution(words) for convolution in self.convolutions], -1).relu()
        return Context(states, last_word(states, mask))
