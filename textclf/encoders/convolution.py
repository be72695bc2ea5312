"""A convolution over the words of a text."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Convolution(nn.Conv1d):
    """Convolve words ``(batch, seq, dim)``, 0 at pads, to columns ``(batch, columns, filters)``.

    A text of n words has ``before + n + after - window + 1`` columns. The values of a word are adjacent in memory;
    torch calls this order channels-last, and supports it for images only. So the text is convolved as an image of
    height 1, which avoids copying words and columns into another order.

    Parameters
    ----------
    dim, filters, window : int
    before, after : int
        Number of zero vectors before and after a text.
    """

    def __init__(self, dim: int, filters: int, window: int, before: int, after: int) -> None:
        super().__init__(dim, filters, window)
        self.before, self.after = before, after

    def forward(self, words: Tensor) -> Tensor:
        image = functional.pad(words, (0, 0, self.before, self.after))[:, None].permute(0, 3, 1, 2)
        return functional.conv2d(image, self.weight[:, :, None], self.bias).permute(0, 2, 3, 1)[:, 0]
