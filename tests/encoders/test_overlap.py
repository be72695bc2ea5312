"""Word overlap against hand-computed values."""

from __future__ import annotations

import math

import numpy as np
import torch

from textclf.data.batching import Batches
from textclf.data.tokens import Tokens
from textclf.encoders.overlap import Overlap

WORDS = ["[PAD]", "[UNK]", "cat", "the", "sat", "?", "mat"]
LEFT = Tokens(np.array([2, 3, 2, 4, 3, 6, 5, 2]), np.array([0, 4, 8]))  # "cat the cat sat", "the mat ? cat"
RIGHT = Tokens(np.array([3, 2, 2, 5, 4]), np.array([0, 3, 5]))  # "the cat cat", "? sat"


def test_a_shared_word_counts_once_but_a_stop_word_or_punctuation_never_counts() -> None:
    overlap = Overlap(len(WORDS))
    overlap.learn(WORDS, LEFT, RIGHT)
    (batch,) = Batches(LEFT, None, batch_size=2, pairs=RIGHT).in_order()
    features = overlap(batch.text, batch.pair)[np.argsort(batch.rows)]
    rarity = math.log(5 / 4)  # "cat" occurs in three of the four texts
    deviation = math.sqrt(0.5)  # the sample standard deviation of (1, 0)
    torch.testing.assert_close(features, torch.tensor([[1 / deviation, rarity / (rarity * deviation)], [0.0, 0.0]]))
