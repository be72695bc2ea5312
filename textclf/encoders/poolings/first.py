"""First: the state of the first token."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.registry import PartOptions


class FirstPooling(Pooling):
    """The state of a text's first token.

    For a pretrained language model this is the state of the special token at the beginning ([CLS]), with which Devlin
    et al. 2019 (arXiv 1810.04805) classify. Without a language model it is the state of the first word.

    Parameters
    ----------
    sizes : Sizes
    """

    reads_special_tokens = True

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.states[:, 0])
