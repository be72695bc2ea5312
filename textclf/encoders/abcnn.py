"""ABCNN: words are matched before a convolution, after it, or both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from textclf.attention.attend import Score
from textclf.attention.scores import SCORES
from textclf.bounds import Few, Size, Window
from textclf.data.batching import TextBatch
from textclf.encoders.convolution import Convolution
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Encoder, Pooled, combine
from textclf.registry import PartOptions

NOTHING = 1e-30  # a sum of weights up to this counts as 0: its inverse would overflow in the gradient
MATCH = SCORES.slot("euclidean", temperature=1.0, learn_temperature=False)


class ABCNN(Encoder):
    """Attention-based convolutional network, Yin, Schütze, Xiang & Zhou 2016 (arXiv 1512.05193).

    - Variant 0, BCNN: wide convolution (a text is padded by ``window - 1`` zeros on both sides), tanh, average.
    - Variant 1: the match matrix A[i, j] = score(w_i, v_j) over the input columns of both texts (section 4.1); W₀·Aᵀ,
      and for the other text W₁·A, is a second channel, convolved beside the words.
    - Variant 2: A over the convolution's columns (section 4.2); a column's weight is its row sum Σ_j A[i, j], or its
      column sum in the other text.
    - Variant 3: both.

    The mean of the input columns and the (weighted) mean of each block's columns are a text's vectors ("all-ap");
    between blocks, each word gets the mean of the ``window`` columns that contain it ("w-ap"). In variants 2 and 3 it
    gets the sum of these columns times their weights, as in the paper (section 4.2), and where the weights are
    normalised (``normalise_weights``), their mean is 1, and the word gets the mean of the weighted columns. Both texts
    share the convolution. Of two texts, u and v, the vector is [u; v; |u - v|; u · v] and the cosine of the two at each
    layer; the paper gives the classifier u and v, its authors' code the cosines.

    On one text, which the paper does not have, the text is matched with itself. A is then symmetric, and a word matches
    itself best, which says nothing: the diagonal is masked with 0, as pads are.

    Parameters
    ----------
    embedding : Embedding
    hidden_dim : int
        Filters of the convolution, unless ``filters`` says otherwise.
    max_tokens : int
        W has a row for each position that a text can have.
    classes : int
        Not used.
    variant : {0, 1, 2, 3}, default 1
    window : int, default 4
    blocks : int, default 1
    filters : int, optional
    normalise_weights : bool, optional
        Divide variant 2's weights by their mean, so that a long text does not count for more. The paper's formula does
        not; its authors' code does. By default only on one text. Weights that are all 0 are replaced by equal ones.
    score : PartOptions
        Fills the match matrix; the paper's is euclidean, and as it goes through no softmax, its temperature is 1.
        Another one is put through a sigmoid, so that a match lies between 0 and 1 as it does there.
    pairs : bool, default False
        Whether it reads two texts.
    """

    reads_pairs = True

    class Options(PartOptions):
        variant: Literal[0, 1, 2, 3] = 1
        window: Window = 4
        blocks: Few = 1
        filters: Size | None = None
        normalise_weights: bool | None = None
        score: PartOptions = MATCH

    def __init__(
        self,
        embedding: Embedding,
        hidden_dim: int,
        max_tokens: int,
        classes: int,
        variant: int = 1,
        window: int = 4,
        blocks: int = 1,
        filters: int | None = None,
        normalise_weights: bool | None = None,
        score: PartOptions | None = None,
        pairs: bool = False,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        filters, score = filters or hidden_dim, score or MATCH.fill({}, "score")
        normalise = not pairs if normalise_weights is None else normalise_weights
        sizes = [embedding.output_dim] + [filters] * blocks
        self.blocks = nn.ModuleList(
            Block(size, filters, window, max_tokens, variant, normalise, score, 2 if pairs else 1)
            for size in sizes[:-1]
        )
        self.output_dim = 4 * sum(sizes) + len(sizes) if pairs else sum(sizes)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        sides = [
            Columns(self.embedding(side.tokens, side.mask), side.mask) for side in (text, pair) if side is not None
        ]
        layers = [[side.words.sum(1) / side.mask.sum(1, keepdim=True) for side in sides]]
        weights: list[Tensor] = []
        for number, block in enumerate(self.blocks, 1):
            assert isinstance(block, Block)
            vectors, columns, weights = block(sides)
            layers.append(vectors)
            sides = block.words(columns, sides) if number < len(self.blocks) else sides
        read = [Pooled(torch.cat(vectors, -1)) for vectors in zip(*layers, strict=True)]
        read = [side._replace(weights=weight) for side, weight in zip(read, weights, strict=True)] if weights else read
        if pair is None:
            return read[0]
        cosines = torch.stack([functional.cosine_similarity(left, right, eps=1e-6) for left, right in layers], -1)
        combined = combine(*read)
        return combined._replace(vector=torch.cat([combined.vector, cosines.to(combined.vector.dtype)], -1))


class Columns(NamedTuple):
    """A text in a block: words ``(batch, seq, dim)``, 0 at pads, and their mask ``(batch, seq)``."""

    words: Tensor
    mask: Tensor


class Block(nn.Module):
    """Match, convolve, match, average.

    One text or two (`Columns`) to, a text each: vectors ``(batch, filters)``; columns ``(batch, seq + window - 1,
    filters)``, of which `words` makes those of a next block; in variants 2 and 3, how much each word counted
    ``(batch, 1, seq)``.
    """

    def __init__(
        self,
        dim: int,
        filters: int,
        window: int,
        max_tokens: int,
        variant: int,
        normalise_weights: bool,
        score: PartOptions,
        texts: int = 1,
    ) -> None:
        super().__init__()
        self.window, self.normalise_weights = window, normalise_weights
        self.before, self.after = variant in (1, 3), variant in (2, 3)
        if self.before:
            self.match_words = SCORES.build(score, dim, dim)
            # The paper's W_0 and W_1, transposed: row j is what a word reads where it matches the other text's word j.
            self.features = nn.Parameter(torch.randn(texts, max_tokens, dim).mul_(dim**-0.5))
        if self.after:
            self.match_columns = SCORES.build(score, filters, filters)
        self.convolution = Convolution(dim * (2 if self.before else 1), filters, window, window - 1, window - 1)

    def forward(self, sides: list[Columns]) -> tuple[list[Tensor], list[Columns], list[Tensor]]:
        read = [side.words for side in sides]
        if self.before:
            matched = [
                matrix @ table[: matrix.shape[2]]
                for matrix, table in zip(match_matrices(self.match_words, sides), self.features, strict=True)
            ]
            read = [torch.cat([words, match.to(words.dtype)], -1) for words, match in zip(read, matched, strict=True)]
        columns = [self._convolve(words, side.mask) for words, side in zip(read, sides, strict=True)]
        weights = [self._normalise(matrix.sum(2), side.mask) for matrix, side in self._matched(columns)]
        if weights:
            columns = [
                Columns(side.words * weight[:, :, None], side.mask)
                for side, weight in zip(columns, weights, strict=True)
            ]
        vectors = [side.words.sum(1) / side.mask.sum(1, keepdim=True) for side in columns]
        shares = [self._shares(weight, side.mask) for weight, side in zip(weights, sides, strict=False)]
        return vectors, columns, shares

    def words(self, columns: list[Columns], sides: list[Columns]) -> list[Columns]:
        """Input of the next block, for each word of ``sides``: mean or weighted sum of the columns that contain it."""
        divisor = 1 if self.after and not self.normalise_weights else self.window
        return [
            Columns(self._over_windows(column.words) / divisor * side.mask[:, :, None], side.mask)
            for column, side in zip(columns, sides, strict=True)
        ]

    def _convolve(self, words: Tensor, mask: Tensor) -> Columns:
        """A text of n words has n + window - 1 columns."""
        columns = self.convolution(words).tanh()
        mask = functional.pad(mask, (self.window - 1, 0), value=True)
        return Columns(torch.where(mask[:, :, None], columns, 0.0), mask)

    def _matched(self, columns: list[Columns]) -> Iterable[tuple[Tensor, Columns]]:
        return zip(match_matrices(self.match_columns, columns), columns, strict=True) if self.after else ()

    def _normalise(self, weights: Tensor, mask: Tensor) -> Tensor:
        """The weight of each column, ``(batch, columns)``."""
        return shares(weights, mask) * mask.sum(1, keepdim=True) if self.normalise_weights else weights

    def _over_windows(self, columns: Tensor) -> Tensor:
        """The sum of the columns that saw each word: ``(batch, columns, dim)`` to ``(batch, seq, dim)``."""
        return columns.unfold(1, self.window, 1).sum(-1)

    def _shares(self, weights: Tensor, mask: Tensor) -> Tensor:
        """Each word's share of the weights of the columns that contain it, ``(batch, 1, seq)``; sums to 1."""
        return shares(self._over_windows(weights[:, :, None]).squeeze(-1) * mask, mask)[:, None]


def shares(weights: Tensor, mask: Tensor) -> Tensor:
    """Divide weights ``(batch, seq)``, 0 outside the mask, by their sum; where that is 0, all in the mask are equal."""
    total = weights.sum(1, keepdim=True)
    some = total > NOTHING
    return torch.where(some, weights, mask.to(weights.dtype)) / torch.where(some, total, mask.sum(1, keepdim=True))


def match_matrices(score: Score, sides: list[Columns]) -> list[Tensor]:
    """Of two texts A = score(left, right) ``(batch, left, right)`` and Aᵀ; of one text, A of it with itself.

    0 at pads. Of one text, 0 on the diagonal too, but 1 for a lone column.
    """
    left, right = sides[0], sides[-1]
    matched = score(left.words, right.words)
    matched = matched if score.positive else matched.sigmoid()
    both = left.mask[:, :, None] & right.mask[:, None, :]
    if len(sides) == 2:
        matrix = torch.where(both, matched, 0.0)
        return [matrix, matrix.transpose(1, 2)]
    diagonal = torch.eye(both.shape[1], dtype=torch.bool, device=both.device) & both
    alone = diagonal & (left.mask.sum(1) == 1)[:, None, None]
    return [torch.where(both & ~diagonal, matched, alone.to(matched.dtype))]
