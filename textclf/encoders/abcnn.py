"""ABCNN: a match matrix before a convolution, after it, or both."""

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
from textclf.encoders.encoder import Encoder, Pooled, Sizes, combine
from textclf.registry import PartOptions

SMALLEST_TOTAL = 1e-30  # a smaller sum of weights counts as 0, because the gradient of its inverse would overflow


class ABCNN(Encoder):
    """Attention-based convolutional network, Yin, Schütze, Xiang & Zhou 2016 (arXiv 1512.05193).

    - Variant 0, BCNN: wide convolution (a text is padded with ``window - 1`` zero vectors on both sides), tanh, mean.
    - Variant 1: the match matrix is A[i, j] = score(w_i, v_j), for the words w of one text and v of the other (section
      4.1). W₀·Aᵀ (W₁·A for the other text) is a second input channel of the convolution; W₀ and W₁ are learned.
    - Variant 2: A compares the columns of the convolution instead of words (section 4.2). The weight of a column is its
      row sum Σ_j A[i, j]; in the other text it is its column sum.
    - Variant 3: variants 1 and 2 together.

    A text has several vectors, which are concatenated: the mean of its words, and for each block the mean of its
    columns ("all-ap"), which are multiplied by their weights in variants 2 and 3. Between blocks, a word becomes the
    mean of the ``window`` columns that contain it ("w-ap"). In variants 2 and 3 it becomes the sum of these columns
    times their weights, as in the paper (section 4.2); with ``normalise_weights`` it becomes their weighted mean. Both
    texts share the convolution. For two texts u and v, the vector is [u; v; |u - v|; u · v] and the cosine of u and v
    at each layer.

    Deviations: the classifier receives u and v in the paper, and the cosines in its authors' code. The paper has no
    single texts. Here a single text is matched with itself; the diagonal of A is 0, because each word matches itself
    best.

    Parameters
    ----------
    embedding : Embedding
    sizes : Sizes
        W₀ and W₁ have one column for each of ``max_tokens`` positions.
    variant : {0, 1, 2, 3}
        Where attention acts: 1 before the convolution, 2 after it, 3 both, 0 nowhere.
    window : int
        Number of words that a filter of the convolution covers.
    blocks : int
        Number of blocks of convolution and pooling.
    filters : int, optional
        Filters of the convolution; by default ``hidden_dim``.
    normalise_weights : bool, optional
        Whether to divide the weights of variants 2 and 3 by their mean, so that they do not grow with the length of the
        text that a column is compared with. The authors' code does this, but the paper's formula does not. By default
        True for a single text and False for a pair. If all weights are 0, equal weights replace them.
    score : PartOptions
        The score of the match matrix; euclidean in the paper. Its temperature is 1, because there is no softmax. A
        score that can be negative is followed by a sigmoid, so that a match lies between 0 and 1.
    pairs : bool
        Whether to encode pairs of texts.
    """

    reads_pairs = True

    class Options(PartOptions):
        variant: Literal[0, 1, 2, 3] = 1
        window: Window = 4
        blocks: Few = 1
        filters: Size | None = None
        normalise_weights: bool | None = None
        score: PartOptions = SCORES.slot("euclidean", temperature=1.0, learn_temperature=False)

    def __init__(
        self,
        embedding: Embedding,
        sizes: Sizes,
        *,
        variant: int,
        window: int,
        blocks: int,
        filters: int | None,
        normalise_weights: bool | None,
        score: PartOptions,
        pairs: bool,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        filters = filters or sizes.hidden_dim
        normalise = not pairs if normalise_weights is None else normalise_weights
        dims = [sizes.word_dim] + [filters] * blocks
        self.blocks = nn.ModuleList(
            ConvolutionBlock(dim, filters, window, sizes.max_tokens, variant, normalise, score, 2 if pairs else 1)
            for dim in dims[:-1]
        )
        self.output_dim = 4 * sum(dims) + len(dims) if pairs else sum(dims)

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        sides = [
            MaskedVectors(self.embedding(side.tokens, side.mask), side.mask)
            for side in (text, pair)
            if side is not None
        ]
        layers = [[side.mean() for side in sides]]
        weights: list[Tensor] = []
        for number, block in enumerate(self.blocks, 1):
            assert isinstance(block, ConvolutionBlock)
            vectors, columns, weights = block(sides)
            layers.append(vectors)
            sides = block.words(columns, sides) if number < len(self.blocks) else sides
        texts = [Pooled(torch.cat(vectors, -1)) for vectors in zip(*layers, strict=True)]
        if weights:
            texts = [side._replace(weights=weight) for side, weight in zip(texts, weights, strict=True)]
        if pair is None:
            return texts[0]
        cosines = torch.stack([functional.cosine_similarity(left, right, eps=1e-6) for left, right in layers], -1)
        combined = combine(*texts)
        return combined._replace(vector=torch.cat([combined.vector, cosines.to(combined.vector.dtype)], -1))


class MaskedVectors(NamedTuple):
    """The words or the columns of a text: vectors ``(batch, seq, dim)``, 0 at pads, and their mask ``(batch, seq)``."""

    vectors: Tensor
    mask: Tensor

    def mean(self) -> Tensor:
        """Compute the mean vector ``(batch, dim)``."""
        return self.vectors.sum(1) / self.mask.sum(1, keepdim=True)


class ConvolutionBlock(nn.Module):
    """One layer of ABCNN, for one text or two: match words, convolve, match columns, average.

    The output has three lists with one element for each text: the mean columns ``(batch, filters)``; the columns
    ``(batch, seq + window - 1, filters)``, from which `words` computes the next block's input; and in variants 2 and 3
    the weights of words ``(batch, 1, seq)``.
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
        texts: int,
    ) -> None:
        super().__init__()
        self.window, self.normalise_weights = window, normalise_weights
        self.before, self.after = variant in (1, 3), variant in (2, 3)
        if self.before:
            self.match_words = SCORES.build(score, dim, dim)
            # The paper's W_0 and W_1, transposed: row j is weighted by the match with the other text's word j.
            self.features = nn.Parameter(torch.randn(texts, max_tokens, dim).mul_(dim**-0.5))
        if self.after:
            self.match_columns = SCORES.build(score, filters, filters)
        self.convolution = Convolution(dim * (2 if self.before else 1), filters, window, window - 1, window - 1)

    def forward(self, sides: list[MaskedVectors]) -> tuple[list[Tensor], list[MaskedVectors], list[Tensor]]:
        inputs = [side.vectors for side in sides]
        if self.before:
            channels = [
                matrix @ table[: matrix.shape[2]]
                for matrix, table in zip(match_matrices(self.match_words, sides), self.features, strict=True)
            ]
            inputs = [
                torch.cat([words, match.to(words.dtype)], -1) for words, match in zip(inputs, channels, strict=True)
            ]
        columns = [self._convolve(words, side.mask) for words, side in zip(inputs, sides, strict=True)]
        weights = [self._normalise(matrix.sum(2), side.mask) for matrix, side in self._matched(columns)]
        if weights:
            columns = [
                MaskedVectors(side.vectors * weight[:, :, None], side.mask)
                for side, weight in zip(columns, weights, strict=True)
            ]
        word_weights = [self._word_weights(weight, side.mask) for weight, side in zip(weights, sides, strict=False)]
        return [side.mean() for side in columns], columns, word_weights

    def words(self, columns: list[MaskedVectors], sides: list[MaskedVectors]) -> list[MaskedVectors]:
        """Compute the words of the next block: the mean or weighted sum of the columns that contain each word."""
        divisor = 1 if self.after and not self.normalise_weights else self.window
        return [
            MaskedVectors(self._over_windows(column.vectors) / divisor * side.mask[:, :, None], side.mask)
            for column, side in zip(columns, sides, strict=True)
        ]

    def _convolve(self, words: Tensor, mask: Tensor) -> MaskedVectors:
        """Compute the columns; a text of n words has n + window - 1 of them."""
        columns = self.convolution(words).tanh()
        mask = functional.pad(mask, (self.window - 1, 0), value=True)
        return MaskedVectors(torch.where(mask[:, :, None], columns, 0.0), mask)

    def _matched(self, columns: list[MaskedVectors]) -> Iterable[tuple[Tensor, MaskedVectors]]:
        """Pair each text's columns with their match matrix, in variants 2 and 3."""
        return zip(match_matrices(self.match_columns, columns), columns, strict=True) if self.after else ()

    def _normalise(self, weights: Tensor, mask: Tensor) -> Tensor:
        """Divide the weights of columns ``(batch, columns)`` by their mean, if ``normalise_weights``."""
        return shares(weights, mask) * mask.sum(1, keepdim=True) if self.normalise_weights else weights

    def _over_windows(self, columns: Tensor) -> Tensor:
        """Sum the columns that contain each word: ``(batch, columns, dim)`` to ``(batch, seq, dim)``."""
        return columns.unfold(1, self.window, 1).sum(-1)

    def _word_weights(self, weights: Tensor, mask: Tensor) -> Tensor:
        """Compute the weights of words ``(batch, 1, seq)``, which sum to 1, from the weights of columns."""
        return shares(self._over_windows(weights[:, :, None]).squeeze(-1) * mask, mask)[:, None]


def shares(weights: Tensor, mask: Tensor) -> Tensor:
    """Divide weights ``(batch, seq)``, 0 at pads, by their sum; if the sum is 0, return equal weights."""
    total = weights.sum(1, keepdim=True)
    positive = total > SMALLEST_TOTAL
    weights = torch.where(positive, weights, mask.to(weights.dtype))
    return weights / torch.where(positive, total, mask.sum(1, keepdim=True))


def match_matrices(score: Score, sides: list[MaskedVectors]) -> list[Tensor]:
    """Compute A = score(left, right) ``(batch, left, right)`` and Aᵀ of two texts, or A of one text with itself.

    A is 0 at pads. For one text, its diagonal is also 0, except that it is 1 for a text with a single vector.
    """
    left, right = sides[0], sides[-1]
    scores = score(left.vectors, right.vectors)
    scores = scores if score.positive else scores.sigmoid()
    both = left.mask[:, :, None] & right.mask[:, None, :]
    if len(sides) == 2:
        matrix = torch.where(both, scores, 0.0)
        return [matrix, matrix.transpose(1, 2)]
    diagonal = torch.eye(both.shape[1], dtype=torch.bool, device=both.device) & both
    alone = diagonal & (left.mask.sum(1) == 1)[:, None, None]
    return [torch.where(both & ~diagonal, scores, alone.to(scores.dtype))]
