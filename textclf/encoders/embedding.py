"""Word vectors with dropout, and zeros at pads."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from textclf.encoders.dropout import Dropout


class Schedule(NamedTuple):
    """The learning rate of pretrained parameters: it rises linearly to ``learning_rate``, then falls linearly to 0.

    Devlin et al. 2019 (arXiv 1810.04805) fine-tune BERT with this schedule. ``warm_up`` is the fraction of all training
    steps in which the rate rises.
    """

    learning_rate: float
    warm_up: float


class WordSource(nn.Module):
    """Base class of the sources of word vectors: a table, or a pretrained language model.

    Attributes
    ----------
    output_dim : int
        The size of a word vector.
    table : nn.Embedding or None
        The table of word vectors, which the optimiser can update lazily.
    schedule : Schedule or None
        The learning rate of this module's parameters; None: the same as for all other parameters.
    """

    output_dim: int
    table: nn.Embedding | None
    schedule: Schedule | None = None

    def __init__(self) -> None:
        super().__init__()
        self.table = None  # a default of the class would hide the module of a subclass

    def count_parameters(self) -> int:
        """Return the number of parameters, also of a frozen model that is no part of this module."""
        return sum(parameter.numel() for parameter in self.parameters())

    def count_pretrained(self) -> int:
        """Return how many of them are parameters of a pretrained language model."""
        return 0


class Embedding(WordSource):
    """Look up the word vectors of token ids.

    The mask sets pads to zero; a row of zeros in the table would not be safe, because an initialiser or an optimiser
    step could change it.

    Parameters
    ----------
    matrix : Tensor
        ``(vocabulary, dim)``, the initial vectors.
    dropout : float, default 0
        Dropout of the word vectors.
    freeze : bool, default False
        Whether the vectors stay fixed during training.
    """

    def __init__(self, matrix: Tensor, dropout: float = 0.0, freeze: bool = False) -> None:
        super().__init__()
        self.table: nn.Embedding = nn.Embedding.from_pretrained(matrix, freeze=freeze)
        self.dropout = Dropout(dropout)
        self.output_dim = matrix.shape[1]

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Look up token ids ``(batch, seq)`` with their mask; the vectors are ``(batch, seq, dim)``."""
        words = self.dropout(self.table(tokens))
        return words * mask[:, :, None]
