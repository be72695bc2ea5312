"""The tokenizer of a pretrained language model: it converts texts to the subwords and special tokens of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Encoding
from tokenizers import Tokenizer as RustTokenizer

from textclf.data.cache import digest
from textclf.data.threads import on_threads
from textclf.data.tokenizer import AT_ONCE
from textclf.data.tokens import Tokens
from textclf.errors import ModelFolderError
from textclf.escape import without_half_characters


class SubwordTokenizer:
    """A language model's own ``tokenizer.json``.

    A text's tokens are its first ``max_tokens`` subwords, and the special tokens that the model expects around them.

    Parameters
    ----------
    rust : tokenizers.Tokenizer

    Attributes
    ----------
    special_ids : list of int
        The ids of the special tokens around a text or between two texts; a text itself never has them.
    """

    def __init__(self, rust: RustTokenizer) -> None:
        self._rust = rust
        rust.no_truncation()
        rust.no_padding()
        rust.encode_special_tokens = True  # a text may contain "[SEP]"; tokenizer.json does not store this option
        self.special_ids = sorted(set(rust.encode("", "").ids))
        # A text without subwords becomes this token, if the model adds no special tokens.
        self._unknown = rust.token_to_id(getattr(rust.model, "unk_token", None) or "") or 0

    def special_tokens(self, joint: bool = False) -> int:
        """Return the number of special tokens around a text, or around and between the two texts of a pair."""
        return self._rust.num_special_tokens_to_add(is_pair=joint)

    def encode(self, texts: Sequence[str], max_tokens: int, sentences: bool = False) -> Tokens:
        """Encode each text by itself: its first ``max_tokens`` subwords with the special tokens around them."""
        if sentences:
            raise ValueError("a language model's tokenizer does not number sentences")
        return self._tokens(texts, None, max_tokens, None)

    def encode_joint(
        self, texts: Sequence[str], others: Sequence[str], max_tokens: int, positions: int | None
    ) -> Tokens:
        """Encode each pair of texts as one sequence; `Tokens.sentences` holds 0 or 1, the text of each token.

        Each text keeps its first ``max_tokens`` subwords. If the sequence is longer than ``positions``, the longer of
        the two texts loses its last subword until it fits, as in the published code of BERT.
        """
        return self._tokens(texts, others, max_tokens, positions)

    def words(self, texts: Sequence[str], max_tokens: int, positions: int | None = None) -> tuple[list[str], list[int]]:
        """Return the words of a text, or of a pair of texts as one sequence, and the place of each token's word.

        A word is the piece of text that its subwords cover, exactly as written; a special token is a word of its own.
        """
        encoding = next(self._encodings(*([text] for text in texts), max_tokens=max_tokens, positions=positions))
        words: dict[tuple[int | None, int], list[int]] = {}  # (text, word), or (None, special token): start and end
        places = []
        marks = zip(encoding.special_tokens_mask, encoding.sequence_ids, encoding.word_ids, strict=True)
        for token, (special, text, word) in enumerate(marks):
            start, end = encoding.offsets[token]
            # For a pair, post_process loses the number 0 of the first text: sequence_ids has None there.
            span = words.setdefault((None, token) if special or word is None else (text or 0, word), [start, end])
            span[1] = max(span[1], end)
            places.append(len(words) - 1)
        names = [
            encoding.tokens[word] if text is None else texts[text][start:end].strip()
            for (text, word), (start, end) in words.items()
        ]
        return names or [""], places or [0]

    def _tokens(
        self, texts: Sequence[str], others: Sequence[str] | None, max_tokens: int, positions: int | None
    ) -> Tokens:
        def part(first: int) -> tuple[np.ndarray, ...]:
            columns = [column[first : first + AT_ONCE] for column in (texts, others) if column is not None]
            encodings = list(self._encodings(*columns, max_tokens=max_tokens, positions=positions))
            ids = [encoding.ids or [self._unknown] for encoding in encodings]
            numbers = [] if others is None else list(chain.from_iterable(encoding.type_ids for encoding in encodings))
            lengths = np.array([len(row) for row in ids], np.int64)
            return np.array(list(chain.from_iterable(ids)), np.int32), lengths, np.array(numbers, np.int32)

        parts = on_threads(part, range(0, max(1, len(texts)), AT_ONCE))
        ids, lengths, numbers = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return Tokens(ids, np.concatenate([[0], lengths.cumsum()]), None if others is None else numbers)

    def _encodings(self, *columns: Sequence[str], max_tokens: int, positions: int | None = None) -> Iterator[Encoding]:
        """Yield the encodings of texts, or of pairs of texts as one sequence each."""
        encoded = [
            self._rust.encode_batch(list(map(without_half_characters, column)), add_special_tokens=False)
            for column in columns
        ]
        for sides in zip(*encoded, strict=True):
            lengths = [min(len(side), max_tokens) for side in sides]
            if positions is not None:
                room = positions - self.special_tokens(joint=len(sides) > 1)
                while sum(lengths) > room:
                    lengths[0 if lengths[0] > lengths[-1] else -1] -= 1
            for side, length in zip(sides, lengths, strict=True):
                side.truncate(length)
            yield self._rust.post_process(sides[0], sides[1] if len(sides) > 1 else None, add_special_tokens=True)

    @cached_property
    def sha256(self) -> str:
        """The hash of everything that determines the tokens of a text."""
        return digest(self._rust.to_str(), tokenizers.__version__)

    def save(self, path: Path) -> None:
        """Write ``tokenizer.json``."""
        self._rust.save(str(path))

    @classmethod
    def load(cls, path: Path) -> SubwordTokenizer:
        """Read a ``tokenizer.json``; `ModelFolderError` if it is damaged."""
        try:
            return cls(RustTokenizer.from_file(str(path)))
        except Exception as error:  # the Rust library raises Exception itself
            raise ModelFolderError(f"{path}: damaged ({error}); save or download the model again") from None
