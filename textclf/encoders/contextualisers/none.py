"""None: words stay as they are; averaged, a bag of embeddings."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Context, Contextualiser, last_word
from textclf.encoders.interactions import ContextualiserOptions
from textclf.encoders.poolings import POOLINGS
from textclf.registry import PartOptions


class Identity(Contextualiser):
    """States are the word vectors; SWEM, Shen et al. 2018 (arXiv 1805.09843), when pooled by mean or max.

    Parameters
    ----------
    input_dim : int
        Size of a word vector.
    hidden_dim, max_tokens : int
        Not used: there is nothing to size.
    """

    class Options(ContextualiserOptions):
        pooling: PartOptions = POOLINGS.slot("mean")

    def __init__(self, input_dim: int, hidden_dim: int, max_tokens: int) -> None:
        super().__init__()
        self.output_dim = input_dim

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        return Context(words, last_word(words, mask))
