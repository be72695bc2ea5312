"""None: states are the word vectors; with mean, a bag of embeddings."""

from __future__ import annotations

from torch import Tensor

from textclf.encoders.encoder import Context, Contextualiser, Sizes, last_word
from textclf.registry import PartOptions


class Identity(Contextualiser):
    """Use the word vectors as states; with mean or max pooling this is SWEM, Shen et al. 2018 (arXiv 1805.09843).

    Parameters
    ----------
    sizes : Sizes
    """

    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        return Context(words, last_word(words, mask))
