"""Word overlap: the number and the rarity of the words that two texts share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from textclf.data.batching import Batches, TextBatch
from textclf.data.tokens import Tokens

FEATURES = 2


class Overlap(nn.Module):
    """Two features of a pair of texts, Yang, Yih & Meek 2015 (WikiQA), section 4.1.

    The first feature is the number of distinct words, without stop words, that both texts have. The second is the sum
    of the inverse document frequencies of these words. Each is divided by its standard deviation over the training
    split. The published results of ABCNN use these features in the classifier.

    Parameters
    ----------
    vocabulary : int
        Number of tokens in the vocabulary.
    """

    weights: Tensor

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(vocabulary, FEATURES))

    def learn(self, vocabulary: Sequence[str], texts: Tokens, pairs: Tokens) -> None:
        """Compute inverse document frequencies and standard deviations from the pairs of the training split."""
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        documents = np.zeros(len(vocabulary))
        for side in (texts, pairs):
            for words in np.split(side.ids, side.offsets[1:-1]):
                documents[np.unique(words)] += 1
        rarity = np.log((1 + len(texts) + len(pairs)) / (1 + documents))
        counted = np.array([word not in ENGLISH_STOP_WORDS and word[:1].isalnum() for word in vocabulary])
        self.weights.copy_(torch.from_numpy(np.stack([counted, counted * rarity], 1)))
        batches = Batches(texts, None, batch_size=256, pairs=pairs).in_order()
        features = [self(batch.text, batch.pair) for batch in batches]
        self.weights /= torch.cat(features).std(0).clamp_min(1e-6)

    def forward(self, text: TextBatch, pair: TextBatch) -> Tensor:
        """Compute the two features ``(batch, 2)`` of a batch of pairs."""
        same = (text.tokens[:, :, None] == pair.tokens[:, None, :]) & pair.mask[:, None, :]
        repeated = (text.tokens[:, :, None] == text.tokens[:, None, :]).tril(-1).any(2)  # a word counts once
        shared = same.any(2) & text.mask & ~repeated
        return (self.weights[text.tokens] * shared[:, :, None]).sum(1)
