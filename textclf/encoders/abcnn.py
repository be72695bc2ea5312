"""ABCNN: a text's columns are matched with each other before a convolution, after it, or both."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from textclf.attention.scores import SCORES
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder, Pooled
from textclf.registry import PartOptions


class ABCNN(Encoder):
    """Attention-based convolutional network, Yin, Schütze, Xiang & Zhou 2016 (arXiv 1512.05193), on one text.

    The paper matches two texts; here the text is matched with itself. The match matrix A is then symmetric, and a
    word matches itself best, which says nothing: the diagonal and the pads are masked with 0.

    - Variant 0, BCNN: wide convolution (a text is padded by ``window - 1`` zeros on both sides), tanh, average.
    - Variant 1: A over the input columns (section 4.1); A·W, a second channel, is convolved beside the words.
    - Variant 2: A over the convolution's columns (section 4.2); a column's weight is its row sum Σ_j A[i, j].
    - Variant 3: both.

    The mean of the input columns and the (weighted) mean of each block's columns are the text's vector; between
    blocks, each word gets the (weighted) mean of the ``window`` columns that saw it ("w-ap").

    Parameters
    ----------
    embedding : Embedding
    hidden_dim : int
        Filters of the convolution, unless ``filters`` says otherwise.
    max_tokens : int
        W has a row for each position that a text can have.
    variant : {0, 1, 2, 3}, default 1
    window : int, default 4
    blocks : int, default 1
    filters : int, optional
    normalise_weights : bool, default True
        Divide variant 2's weights by their mean, so that a long text does not count for more. The paper's formula does
        not; its authors' code does.
    score : PartOptions or str
        Fills the match matrix; the paper's is euclidean.
    """

    class Options(PartOptions):
        variant: Literal[0, 1, 2, 3] = 1
        window: PositiveInt = 4
        blocks: PositiveInt = 1
        filters: PositiveInt | None = None
        normalise_weights: bool = True
        score: PartOptions = SCORES.slot("euclidean")

    def __init__(
        self,
        embedding: Embedding,
        hidden_dim: int,
        max_tokens: int,
        variant: int = 1,
        window: int = 4,
        blocks: int = 1,
        filters: int | None = None,
        normalise_weights: bool = True,
        score: PartOptions | str = "euclidean",
    ) -> None:
        super().__init__()
        self.embedding = embedding
        filters = filters or hidden_dim
        sizes = [embedding.output_dim] + [filters] * blocks
        self.blocks = nn.ModuleList(
            Block(size, filters, window, max_tokens, variant, normalise_weights, score) for size in sizes[:-1]
        )
        self.output_dim = sum(sizes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Pooled:
        words, weights = self.embedding(tokens, mask), None
        vectors = [words.sum(1) / mask.sum(1, keepdim=True)]
        for block in self.blocks:
            vector, words, weights = block(words, mask)
            vectors.append(vector)
        return Pooled(torch.cat(vectors, -1), weights)


class Block(nn.Module):
    """Match, convolve, match, average.

    Words ``(batch, seq, dim)``, 0 at pads, and mask to the vector ``(batch, filters)``, the words of the next block
    ``(batch, seq, filters)``, and (variants 2 and 3) how much each word counted ``(batch, 1, seq)``, else None.
    """

    def __init__(
        self,
        dim: int,
        filters: int,
        window: int,
        max_tokens: int,
        variant: int,
        normalise_weights: bool,
        score: PartOptions | str,
    ) -> None:
        super().__init__()
        self.window, self.normalise_weights = window, normalise_weights
        self.before, self.after = variant in (1, 3), variant in (2, 3)
        if self.before:
            self.match_words = SCORES.build(score, dim, dim)
            self.features = nn.Parameter(torch.randn(max_tokens, dim) * dim**-0.5)  # the paper's W, transposed
        if self.after:
            self.match_columns = SCORES.build(score, filters, filters)
        self.convolution = nn.Conv1d(dim * (2 if self.before else 1), filters, window, padding=window - 1)

    def forward(self, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        if self.before:
            matched = match_matrix(self.match_words, words, mask) @ self.features[: words.shape[1]]
            words = torch.cat([words, matched.to(words.dtype)], -1)
        columns = self.convolution(words.transpose(1, 2)).tanh().transpose(1, 2)
        column_mask = functional.pad(mask, (self.window - 1, 0), value=True)  # a text of n words has n + window - 1
        columns = torch.where(column_mask[:, :, None], columns, 0.0)
        weights = self._weights(columns, column_mask) if self.after else None
        if weights is not None:
            columns = columns * weights[:, :, None]
        vector = columns.sum(1) / column_mask.sum(1, keepdim=True)
        words = self._over_windows(columns) * (1 / self.window)
        words = torch.where(mask[:, :, None], words, 0.0)
        return vector, words, None if weights is None else self._word_weights(weights, mask)

    def _weights(self, columns: Tensor, mask: Tensor) -> Tensor:
        """How much each column counts, ``(batch, columns)``."""
        weights = match_matrix(self.match_columns, columns, mask).sum(-1)
        if not self.normalise_weights:
            return weights
        return weights * mask.sum(1, keepdim=True) / weights.sum(1, keepdim=True)

    def _over_windows(self, columns: Tensor) -> Tensor:
        """The sum of the columns that saw each word: ``(batch, columns, dim)`` to ``(batch, seq, dim)``."""
        return columns.unfold(1, self.window, 1).sum(-1)

    def _word_weights(self, weights: Tensor, mask: Tensor) -> Tensor:
        """The share of the weights of the columns that saw each word; sums to 1."""
        seen = self._over_windows(weights[:, :, None]).squeeze(-1) * mask
        return (seen / seen.sum(1, keepdim=True))[:, None]


def match_matrix(score: nn.Module, columns: Tensor, mask: Tensor) -> Tensor:
    """score(columns, columns) ``(batch, seq, seq)``; 0 at pads and on the diagonal (1 for a lone column)."""
    diagonal = torch.eye(mask.shape[1], dtype=torch.bool, device=mask.device) & mask[:, :, None]
    others = mask[:, :, None] & mask[:, None, :] & ~diagonal
    alone = diagonal & (mask.sum(1) == 1)[:, None, None]
    return torch.where(others, score(columns, columns), alone.float())
