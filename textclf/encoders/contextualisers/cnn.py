"""CNN: convolutions with several window sizes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textclf.bounds import Size, Windows
from textclf.encoders.convolution import Convolution
from textclf.encoders.encoder import Context, Contextualiser, Sizes, last_word
from textclf.registry import PartOptions


class CNN(Contextualiser):
    """Concatenated convolutions and a ReLU; with max pooling this is the sentence model of Kim 2014 (arXiv 1408.5882).

    The state of a word is [relu(W_1 x_1 + b_1); relu(W_2 x_2 + b_2); …]: for each window size i, x_i are the words of
    the window around the word, and W_i and b_i are learned. A state has ``filters`` values for each window size.
    Deviation: a text is padded with zeros so that each word is the middle of one window, and each state belongs to a
    word. Kim's code pads both ends of a text with more zeros, so it has more windows than words.

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
