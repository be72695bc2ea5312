"""Last: the last hidden state stands for the whole text."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling
from textclf.registry import PartOptions


class LastPooling(Pooling):
    """Each direction's last hidden state, after the last word forwards and the first word backwards, never a pad's.

    Without a recurrent network it is the last word's state. Sutskever et al. 2014 (arXiv 1409.3215) for the idea.

    Parameters
    ----------
    dim, classes : int
        Size of a state; the number of classes is not used.
    """

    class Options(PartOptions):
        pass

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.output_dim = dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.final)
