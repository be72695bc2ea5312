"""Word vectors with dropout, and zeros at pads."""

from __future__ import annotations

from torch import Tensor, nn

from textclf.encoders.dropout import Dropout


class Embedding(nn.Module):
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
        self.table = nn.Embedding.from_pretrained(matrix, freeze=freeze)
        self.dropout = Dropout(dropout)
        self.output_dim = matrix.shape[1]

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Look up token ids ``(batch, seq)`` with their mask; the vectors are ``(batch, seq, dim)``."""
        words = self.dropout(self.table(tokens))
        return words * mask[:, :, None]
