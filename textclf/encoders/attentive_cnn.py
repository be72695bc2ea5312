"""Attentive CNN: an LSTM asks, the columns of a CNN answer."""

from __future__ import annotations

from torch import nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.bounds import Size, Windows
from textclf.data.batching import TextBatch
from textclf.encoders.contextualisers.cnn import CNN
from textclf.encoders.contextualisers.lstm import LSTM
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder, Pooled
from textclf.registry import PartOptions


class AttentiveCNN(Encoder):
    """Attention pooling in place of max pooling, after Er, Zhang, Wang & Pratama 2016, "Attention pooling-based CNN".

    A bidirectional LSTM's last hidden states are the query; a CNN's feature columns are keys and values:
    Σ_t α_t c_t with α = normalise(score(q, c)). For a score that compares coordinate by coordinate, a linear map brings
    the query to the size of a column.

    Parameters
    ----------
    embedding : Embedding
    hidden_dim : int
        Size of the LSTM, a direction, and filters a window, unless ``filters`` says otherwise.
    max_tokens : int
        Not used: both read any length.
    classes : int
        Not used.
    windows : tuple of int, default (3, 4, 5)
    filters : int, optional
    score, normaliser : PartOptions or str
    """

    class Options(PartOptions):
        windows: Windows = (3, 4, 5)
        filters: Size | None = None
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        embedding: Embedding,
        hidden_dim: int,
        max_tokens: int,
        classes: int,
        windows: tuple[int, ...] = (3, 4, 5),
        filters: int | None = None,
        score: PartOptions | str = "additive",
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.lstm = LSTM(embedding.output_dim, hidden_dim, max_tokens)
        self.cnn = CNN(embedding.output_dim, hidden_dim, max_tokens, windows, filters)
        asked, self.output_dim = self.lstm.output_dim, self.cnn.output_dim
        self.project: nn.Module = nn.Identity()
        if SCORES[score if isinstance(score, str) else score.part].same_size and asked != self.output_dim:
            self.project, asked = nn.Linear(asked, self.output_dim), self.output_dim
        self.attend = Attend(asked, self.output_dim, score, normaliser)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        tokens, mask = text.tokens, text.mask
        words = self.embedding(tokens, mask)
        query = self.project(self.lstm(words, mask).final)[:, None]
        columns = self.cnn(words, mask).states
        read = self.attend(query, columns, columns, mask)
        return Pooled(read.pooled.squeeze(1), read.weights, log_probability=read.log_probability)
