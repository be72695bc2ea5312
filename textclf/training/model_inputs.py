"""Convert texts to what a model reads: batches of tokens for an encoder, cut texts for a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.tokens import Tokens

INFERENCE_TEXTS, INFERENCE_TOKENS = 128, 16_384  # at most, in a batch: more takes memory and saves no time


class ModelInputs:
    """A tokenizer with the settings of its model.

    Parameters
    ----------
    tokenizer : Tokenizer
    max_tokens : int
        Longer texts are cut.
    sentences : bool
        Whether the model needs the sentence of each token.
    device : str
        Where batches are made.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, sentences: bool, device: str) -> None:
        self.tokenizer, self.max_tokens, self.sentences, self.device = tokenizer, max_tokens, sentences, device

    def batches(
        self,
        examples: Examples,
        targets: np.ndarray | None = None,
        *,
        batch_size: int | None = None,
        batching: str = "buckets",
        keep: bool = False,
    ) -> Batches:
        """Tokenise the examples; with ``keep``, the tokens are stored in the cache for runs with the same texts.

        Without a ``batch_size``, batches have the best size for prediction.
        """
        tokens = self._tokens(examples.texts, keep)
        pairs = None if examples.pairs is None else self._tokens(examples.pairs, keep)
        if batch_size is None:
            batch_size = max(1, min(INFERENCE_TEXTS, INFERENCE_TOKENS // int(tokens.lengths.max(initial=1))))
        return Batches(tokens, targets, batch_size=batch_size, batching=batching, pairs=pairs, device=self.device)

    def _tokens(self, texts: Sequence[str], keep: bool) -> Tokens:
        def encode() -> Tokens:
            return self.tokenizer.encode(texts, self.max_tokens, self.sentences)

        if not keep:
            return encode()
        key = digest(self.tokenizer.sha256, f"{self.max_tokens} {self.sentences}", texts)
        return cached(key, encode, Tokens.load, Tokens.save)

    def cut(self, examples: Examples) -> list[list[str]]:
        """Return the texts, and for pairs the second texts, each cut after ``max_tokens`` tokens."""
        columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
        return [self.tokenizer.cut(column, self.max_tokens) for column in columns]
