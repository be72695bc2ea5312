"""Convert texts to the input of a model: batches of tokens for an encoder, cut texts for a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.tokens import Tokens
from textclf.settings import DEFAULTS

INFERENCE_TEXTS, INFERENCE_TOKENS = 128, 16_384  # limits of a batch; larger ones need more memory and are not faster


class ModelInputs:
    """A tokenizer with the settings of its model.

    Parameters
    ----------
    tokenizer : Tokenizer
    max_tokens : int
        Longer texts are cut.
    sentences : bool
        Whether the model needs the sentence number of each token.
    device : str
        The device of the batches.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, sentences: bool, device: str) -> None:
        self.tokenizer, self.max_tokens, self.sentences, self.device = tokenizer, max_tokens, sentences, device

    def batches(
        self,
        examples: Examples,
        targets: np.ndarray | None = None,
        *,
        batch_size: int | None = None,
        batching: str = DEFAULTS.batching,
        cache_tokens: bool = False,
    ) -> Batches:
        """Tokenise the examples.

        Without a ``batch_size``, batches have a good size for prediction. With ``cache_tokens``, the tokens are
        stored in the cache for later runs with the same texts.
        """
        tokens = self._tokens(examples.texts, cache_tokens)
        pairs = None if examples.pairs is None else self._tokens(examples.pairs, cache_tokens)
        if batch_size is None:
            batch_size = max(1, min(INFERENCE_TEXTS, INFERENCE_TOKENS // int(tokens.lengths.max(initial=1))))
        return Batches(tokens, targets, batch_size=batch_size, batching=batching, pairs=pairs, device=self.device)

    def _tokens(self, texts: Sequence[str], cache_tokens: bool) -> Tokens:
        def encode() -> Tokens:
            return self.tokenizer.encode(texts, self.max_tokens, self.sentences)

        if not cache_tokens:
            return encode()
        key = digest(self.tokenizer.sha256, f"{self.max_tokens} {self.sentences}", texts)
        return cached(key, encode, Tokens.load, Tokens.save)

    def cut(self, examples: Examples) -> list[list[str]]:
        """Return the texts, and for pairs the second texts, each cut after ``max_tokens`` tokens."""
        columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
        return [self.tokenizer.cut(column, self.max_tokens) for column in columns]
