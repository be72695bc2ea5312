"""Attentive CNN: an LSTM's state is the query over a CNN's columns."""

from __future__ import annotations

from torch import nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.data.batching import TextBatch
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.contextualisers.cnn import CNN
from textclf.encoders.contextualisers.lstm import LSTM
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder, Pooled, Sizes
from textclf.registry import PartOptions


class AttentiveCNN(Encoder):
    """Attention pooling in place of max pooling, after Er, Zhang, Wang & Pratama 2016, "Attention pooling-based CNN".

    The vector is Σ_t α_t c_t with α = normalise(score(q, c)). The query q is a bidirectional LSTM's last hidden states,
    ``(batch, 2 · hidden_dim)``; the keys and values c_t are the columns of a CNN, ``(batch, seq, dim)``. If the score
    compares coordinate by coordinate, a linear map changes the query to the size of a column.

    Parameters
    ----------
    embedding : Embedding
    sizes : Sizes
    windows, filters
        As in `CNN`.
    score, normaliser : PartOptions
    """

    class Options(CNN.Options):
        score: PartOptions = SCORES.slot("additive")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        embedding: Embedding,
        sizes: Sizes,
        *,
        windows: tuple[int, ...],
        filters: int | None,
        score: PartOptions,
        normaliser: PartOptions,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.lstm: LSTM = CONTEXTUALISERS.build("lstm", sizes)
        self.cnn = CNN(sizes, windows=windows, filters=filters)
        query_dim, self.output_dim = self.lstm.output_dim, self.cnn.output_dim
        self.project: nn.Module = nn.Identity()
        if SCORES[score.part].same_size and query_dim != self.output_dim:
            self.project, query_dim = nn.Linear(query_dim, self.output_dim), self.output_dim
        self.attend = Attend(query_dim, self.output_dim, score, normaliser)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        tokens, mask = text.tokens, text.mask
        words = self.embedding(tokens, mask)
        query = self.project(self.lstm(words, mask).final)[:, None]
        columns = self.cnn(words, mask).states
        output = self.attend(query, columns, columns, mask)
        return Pooled(output.pooled.squeeze(1), output.weights, log_probability=output.log_probability)
