"""Word vectors with dropout, and zeros at pads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from textclf.encoders.dropout import Dropout


class Schedule(NamedTuple):
    """The learning rate of pretrained parameters: it rises linearly to ``learning_rate``, then falls linearly to 0.

    Devlin et al. 2019 (arXiv 1810.04805, appendices A.2 and A.3) train and fine-tune BERT with this schedule.

    Attributes
    ----------
    learning_rate : float
        The highest rate.
    warm_up : float
        The fraction of all training steps in which the rate rises, from 0 to 1.
    """

    learning_rate: float
    warm_up: float

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of step ``step`` of ``steps``, counted from 1.

        With w = ⌊warm_up · steps⌋, the rate is learning_rate · min(step / w, (steps + 1 − step) / (steps − w)).
        The fall equals that of ``get_linear_schedule_with_warmup`` in transformers: the last step has the rate
        learning_rate / (steps − w), and the rate would be 0 one step later. The rise is one step earlier than there,
        because a first step with a rate of 0 would change nothing; so steps w and w + 1 both have the highest rate.
        """
        rising = int(self.warm_up * steps)
        rise, fall = step / max(1, rising), (steps + 1 - step) / max(1, steps - rising)
        return self.learning_rate * max(0.0, min(rise, fall))


class WordSource(nn.Module):
    """Base class of the sources of word vectors: a table, or a pretrained language model.

    Attributes
    ----------
    output_dim : int
        The size of a word vector.
    table : nn.Embedding or None
        The table of word vectors, which the optimiser can update lazily.
    schedule : Schedule or None
        The learning rate of `scheduled_parameters`; None: the same as for all other parameters.
    """

    output_dim: int
    table: nn.Embedding | None
    schedule: Schedule | None = None

    def __init__(self) -> None:
        super().__init__()
        self.table = None  # a default of the class would hide the module of a subclass

    def scheduled_parameters(self) -> Iterator[nn.Parameter]:
        """Return the parameters whose learning rate is that of ``schedule``."""
        return self.parameters()

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
