"""Convert texts to the input of a model: batches of tokens for an encoder, cut texts for a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.state_cache import StateCache
from textclf.data.subwords import SubwordTokenizer
from textclf.data.tokenizer import Tokenizer
from textclf.data.tokens import Tokens
from textclf.settings import DEFAULTS

INFERENCE_TEXTS, INFERENCE_TOKENS = 128, 16_384  # limits of a batch; larger ones need more memory and are not faster


class ModelInputs:
    """A tokenizer with the settings of its model.

    Parameters
    ----------
    tokenizer : Tokenizer or SubwordTokenizer
    max_tokens : int
        Longer texts are cut.
    sentences : bool
        Whether the model needs the sentence number of each token.
    device : str
        The device of the batches.
    joint : bool, default False
        Whether the two texts of a pair are one sequence.
    positions : int, optional
        The largest number of tokens of such a sequence.
    state_cache : StateCache, optional
        The cache of the states of a frozen language model.
    """

    def __init__(
        self,
        tokenizer: Tokenizer | SubwordTokenizer,
        max_tokens: int,
        sentences: bool,
        device: str,
        *,
        joint: bool = False,
        positions: int | None = None,
        state_cache: StateCache | None = None,
    ) -> None:
        self.tokenizer, self.max_tokens, self.sentences, self.device = tokenizer, max_tokens, sentences, device
        self.joint, self.positions, self.state_cache = joint, positions, state_cache

    def batches(
        self,
        examples: Examples,
        targets: np.ndarray | None = None,
        *,
        batch_size: int | None = None,
        batching: str = DEFAULTS.batching,
        cache_tokens: bool = False,
        cache_states: bool = False,
    ) -> Batches:
        """Tokenise the examples.

        Without a ``batch_size``, batches have a good size for prediction. With ``cache_tokens``, the tokens are
        stored in the cache for later runs with the same texts; with ``cache_states``, so are the states that a frozen
        language model computes for them.
        """
        if examples.pairs is not None and self.joint:
            tokens, pairs = self._joint_tokens(examples.texts, examples.pairs), None
        else:
            tokens = self._tokens(examples.texts, cache_tokens)
            pairs = None if examples.pairs is None else self._tokens(examples.pairs, cache_tokens)
        states = [
            None if side is None or self.state_cache is None or not cache_states else self.state_cache.states(side)
            for side in (tokens, pairs)
        ]
        if batch_size is None:
            batch_size = max(1, min(INFERENCE_TEXTS, INFERENCE_TOKENS // int(tokens.lengths.max(initial=1))))
        return Batches(
            tokens,
            targets,
            batch_size=batch_size,
            batching=batching,
            pairs=pairs,
            device=self.device,
            states=states[0],
            pair_states=states[1],
        )

    def _joint_tokens(self, texts: Sequence[str], others: Sequence[str]) -> Tokens:
        assert isinstance(self.tokenizer, SubwordTokenizer)
        return self.tokenizer.encode_joint(texts, others, self.max_tokens, self.positions)

    def words(self, *texts: str) -> tuple[list[str], list[int]]:
        """Return the words of a text, or of a pair as one sequence, and the place of each token's word."""
        if isinstance(self.tokenizer, SubwordTokenizer):
            return self.tokenizer.words(texts, self.max_tokens, self.positions if len(texts) > 1 else None)
        words = self.tokenizer.words(texts[0], self.max_tokens)
        return words, list(range(len(words)))

    def _tokens(self, texts: Sequence[str], cache_tokens: bool) -> Tokens:
        def encode() -> Tokens:
            return self.tokenizer.encode(texts, self.max_tokens, self.sentences)

        if not cache_tokens:
            return encode()
        key = digest(self.tokenizer.sha256, f"{self.max_tokens} {self.sentences}", texts)
        return cached(key, encode, Tokens.load, Tokens.save)

    def cut(self, examples: Examples) -> list[list[str]]:
        """Return the texts, and for pairs the second texts, each cut after ``max_tokens`` tokens."""
        assert isinstance(self.tokenizer, Tokenizer)  # a baseline has no language model
        columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
        return [self.tokenizer.cut(column, self.max_tokens) for column in columns]
