"""CNN: convolutions with several window sizes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.bounds import Size, Windows
from textclf.encoders.convolution import Convolution
from textclf.encoders.encoder import Context, Contextualiser, Sizes, last_word
from textclf.registry import PartOptions


class CNN(Contextualiser):
    """Convolutions side by side, ReLU; with max pooling the sentence model of Kim 2014 (arXiv 1408.5882).

    Deviation: a text is padded with zeros so that each word is the middle of one window, and states correspond to
    words. Kim pads a text on both sides by the window size less one.

    Parameters
    ----------
    sizes : Sizes
    windows : tuple of int
        Window sizes in words.
    filters : int, optional
        Filters of each window size; by default ``hidden_dim``.
    """

    default_pooling = "max"

    class Options(PartOptions):
        windows: Windows = (3, 4, 5)
        filters: Size | None = None

    def __init__(self, sizes: Sizes, *, windows: tuple[int, ...], filters: int | None) -> None:
        super().__init__()
        filters = filters or sizes.hidden_dim
        self.convolutions = nn.ModuleList(
            Convolution(sizes.word_dim, filters, window, (window - 1) // 2, window // 2) for window in windows
        )
        self.output_dim = filters * len(windows)

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = torch.cat([convolution(words) for convolution in self.convolutions], -1).relu()
        return Context(states, last_word(states, mask))
