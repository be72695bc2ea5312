"""Word vectors: a table, dropout, and zeros at pads."""

from __future__ import annotations

from torch import Tensor, nn

from textclf.encoders.dropout import Dropout


class Embedding(nn.Module):
    """Token ids to word vectors.

    Pads become zeros by the mask, not by a row of the table: no initialiser and no optimiser step can leak into them.

    Parameters
    ----------
    matrix : Tensor
        ``(vocabulary, dim)``, the initial vectors.
    dropout : float, default 0
    freeze : bool, default False
        Keep the vectors as they are.
    """

    def __init__(self, matrix: Tensor, dropout: float = 0.0, freeze: bool = False) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(matrix, freeze=freeze)
        self.dropout = Dropout(dropout)
        self.output_dim = matrix.shape[1]

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """``(batch, seq)`` ids and mask to ``(batch, seq, dim)``."""
        words = self.dropout(self.table(tokens))
        return words * mask[:, :, None]
