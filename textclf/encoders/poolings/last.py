"""Last: the last hidden state."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class LastPooling(Pooling):
    """The last hidden state of each direction: at the last word (forwards) and at the first word (backwards).

    Without a recurrent network it is the state of the last word. It is never the state of a pad. Sutskever et al. 2014
    (arXiv 1409.3215) represent a text in this way.

    Parameters
    ----------
    sizes : Sizes
    """

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.final)
