"""The tokenizer: converts texts to token ids. It learns its vocabulary from the training split only."""

from __future__ import annotations

import logging
import os
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

# A run has one thread. The library reads this variable at its first use.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import tokenizers
from tokenizers import Encoding, Regex, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as RustTokenizer

from textclf.data.cache import digest
from textclf.data.long_words import LONGEST_WORD, long_words
from textclf.data.threads import on_threads
from textclf.data.tokens import Tokens
from textclf.errors import ModelFolderError
from textclf.escape import without_half_characters

PAD, UNKNOWN = "[PAD]", "[UNK]"
# The Penn Treebank's rules, which the usual vector files follow: "don't" is "do n't", "it's" is "it 's".
WORDS = r"\w+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\d+(?:[.,]\d+)+|\w+|[^\w\s]"
LANGUAGE = "en"  # the language whose rules split sentences
AT_ONCE = 500  # texts that are encoded together
LONG = 10_000  # tokens; a warning says that a longer text is cut
CHARACTERS = 8  # more than the mean length of a token and its space in most texts
log = logging.getLogger("textclf")

Encode = Callable[..., list[Encoding]]


class Tokenizer:
    """Convert texts to the ids of their lower-cased words, or pieces of words; 0 is the pad, 1 an unknown word.

    Parameters
    ----------
    rust : tokenizers.Tokenizer
    """

    PAD, UNKNOWN = 0, 1

    def __init__(self, rust: RustTokenizer) -> None:
        self._rust = rust
        rust.encode_special_tokens = True  # a text may contain "[PAD]"; tokenizer.json does not store this option
        self._warned: dict[str, object] = {}  # the first values of each warning

    @classmethod
    def train(cls, texts: Iterable[str], *, kind: str, vocabulary_size: int, min_frequency: int) -> Tokenizer:
        """Learn the vocabulary.

        Parameters
        ----------
        texts : iterable of str
            The training split.
        kind : {"word", "bpe"}
            ``bpe``: byte-pair encoding, Sennrich, Haddow & Birch 2016 (arXiv 1508.07909), inside words.
        vocabulary_size : int
            Largest number of tokens, including the pad and the unknown word; the most frequent tokens are kept.
        min_frequency : int
            Words (or pairs of pieces) that occur less often are unknown.
        """
        rust = RustTokenizer(models.BPE(unk_token=UNKNOWN) if kind == "bpe" else models.WordLevel(unk_token=UNKNOWN))
        rust.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Lowercase(), normalizers.Replace("\u2019", "'")]
        )
        rust.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
        trainer = trainers.BpeTrainer if kind == "bpe" else trainers.WordLevelTrainer
        tokenizer = cls(rust)
        rust.train_from_iterator(
            (without_half_characters(tokenizer._shortened(text)) for text in texts),
            trainer(
                vocab_size=max(vocabulary_size, 2),
                min_frequency=min_frequency,
                special_tokens=[PAD, UNKNOWN],
                show_progress=False,
            ),
        )
        return tokenizer

    def with_words(self, texts: Iterable[str], known: Container[str]) -> Tokenizer:
        """Return a tokenizer that also has those words of ``texts`` that are in ``known``. BPE: return it unchanged."""
        if not isinstance(self._rust.model, models.WordLevel):
            return self
        vocabulary = self._rust.get_vocab()
        words = {word for text in texts for word in self._split(text)}
        for word in sorted(word for word in words if word in known and word not in vocabulary):
            vocabulary[word] = len(vocabulary)
        rust = RustTokenizer.from_str(self._rust.to_str())
        rust.model = models.WordLevel(vocabulary, unk_token=UNKNOWN)
        larger = Tokenizer(rust)
        larger._warned = self._warned
        return larger

    def _split(self, text: str) -> list[str]:
        normal = self._rust.normalizer.normalize_str(without_half_characters(self._shortened(text)))
        return [word for word, _ in self._rust.pre_tokenizer.pre_tokenize_str(normal)]

    @property
    def vocabulary(self) -> list[str]:
        """The tokens in the order of their ids."""
        ids = self._rust.get_vocab()
        return sorted(ids, key=ids.__getitem__)

    def encode(self, texts: Sequence[str], max_tokens: int, sentences: bool = False) -> Tokens:
        """Encode the first ``max_tokens`` tokens of each text; a text without tokens becomes one unknown token.

        With ``sentences``, the result has the number of each token's sentence; the library sentencex splits the text.
        """
        texts = list(map(self._shortened, texts))

        def part(first: int) -> tuple[np.ndarray, ...]:
            """Return ids, lengths and sentences of `AT_ONCE` texts; encodings take 100 times the memory of ids."""
            ids, lengths, numbers = array("i"), array("q"), array("i")
            chunk = texts[first : first + AT_ONCE]
            # Only sentences need the offsets of tokens; without them encoding takes a quarter less time.
            encode = self._rust.encode_batch if sentences else self._rust.encode_batch_fast
            for text, encoding in zip(chunk, self._encode(chunk, max_tokens, first, encode), strict=True):
                kept_ids = encoding.ids[:max_tokens] or [self.UNKNOWN]
                ids.extend(kept_ids)
                lengths.append(len(kept_ids))
                if sentences:
                    starts = [start for start, _ in encoding.offsets[:max_tokens]] or [0]
                    numbers.extend(_sentences(without_half_characters(text[: starts[-1] + 1]), starts))
            return np.array(ids, np.int32), np.array(lengths, np.int64), np.array(numbers, np.int32)

        parts = on_threads(part, range(0, max(1, len(texts)), AT_ONCE))
        ids, lengths, numbers = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return Tokens(ids, np.concatenate([[0], lengths.cumsum()]), numbers if sentences else None)

    def words(self, text: str, max_tokens: int) -> list[str]:
        """Return the piece of ``text`` that each token stands for, exactly as written."""
        text = self._shortened(text)
        offsets = next(self._encodings([text], max_tokens)).offsets[:max_tokens]
        return [text[start:end] for start, end in offsets] or [UNKNOWN]

    def cut(self, texts: Sequence[str], max_tokens: int) -> list[str]:
        """Cut each text after ``max_tokens`` tokens, for models that read raw text; long words are cut too."""
        texts = list(map(self._shortened, texts))
        return [
            text[: encoding.offsets[:max_tokens][-1][1]] if len(encoding) else text
            for text, encoding in zip(texts, self._encodings(texts, max_tokens), strict=True)
        ]

    def _encodings(self, texts: Sequence[str], max_tokens: int) -> Iterator[Encoding]:
        for first in range(0, len(texts), AT_ONCE):
            yield from self._encode(texts[first : first + AT_ONCE], max_tokens, first, self._rust.encode_batch)

    def _encode(self, texts: Sequence[str], max_tokens: int, first: int, encode: Encode) -> list[Encoding]:
        beginnings = [without_half_characters(_beginning(text, max_tokens)) for text in texts]
        encodings = encode(beginnings, add_special_tokens=False)
        short = [
            row
            for row, (text, encoding) in enumerate(zip(texts, encodings, strict=True))
            if len(encoding) < max_tokens and len(beginnings[row]) < len(text)
        ]
        wholes = encode([without_half_characters(texts[row]) for row in short], add_special_tokens=False)
        for row, encoding in zip(short, wholes, strict=True):
            encodings[row] = encoding
        for row, encoding in enumerate(encodings):
            if len(encoding) > max(LONG, max_tokens):
                self._warn_once(
                    "text %d has %d tokens; the first %d are read (max_tokens)",
                    first + row + 1,
                    len(encoding),
                    max_tokens,
                )
        return encodings

    def _shortened(self, text: str) -> str:
        """Cut each word after `LONGEST_WORD` characters; a warning names the first long word."""
        pieces, end = [], 0
        for start, stop in long_words(text):
            self._warn_once(
                'the word "%s…" has %d characters; the first %d of each word are read',
                text[start : start + 20],
                stop - start,
                LONGEST_WORD,
            )
            pieces.append(text[end : start + LONGEST_WORD])
            end = stop
        return "".join([*pieces, text[end:]]) if pieces else text

    def _warn_once(self, message: str, *values: object) -> None:
        if self._warned.setdefault(message, values) is values:  # atomic, so that only one of several threads warns
            log.warning(message, *values)

    @cached_property
    def sha256(self) -> str:
        """The hash of everything that determines the tokens of a text."""
        return digest(self._rust.to_str(), str(LONGEST_WORD), tokenizers.__version__, version("sentencex"))

    def save(self, path: Path) -> None:
        """Write ``tokenizer.json``, the format of the ``tokenizers`` library."""
        self._rust.save(str(path))

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read the file that `save` wrote; `ModelFolderError` if it is damaged."""
        try:
            rust = RustTokenizer.from_file(str(path))
            ids = rust.get_vocab()
            if sorted(ids.values()) != list(range(len(ids))) or ids.get(PAD) != 0 or ids.get(UNKNOWN) != 1:
                raise ValueError(f"the ids of its {len(ids)} words are not 0 to {len(ids) - 1}")
            return cls(rust)
        except Exception as error:  # the Rust library raises Exception itself
            raise ModelFolderError(f"{path}: damaged ({error}); save the model again") from None


def _sentences(text: str, starts: list[int]) -> list[int]:
    """Return the number, from 0, of the sentence of each token; sentences without a token are not counted.

    ``starts`` holds the position of each token in ``text``, which may end after the last token.
    """
    from sentencex import get_sentence_boundaries

    sentences = get_sentence_boundaries(LANGUAGE, text)
    begins = [sentence["start_index"] for sentence in sentences]
    return np.unique(np.searchsorted(begins, starts, side="right"), return_inverse=True)[1].tolist()


def _beginning(text: str, max_tokens: int) -> str:
    """Return a prefix that usually holds the first ``max_tokens`` tokens; it ends at a space.

    A text that may have more than `LONG` tokens stays whole, so that its tokens can be counted.
    """
    room = CHARACTERS * max_tokens
    end = text.rfind(" ", 0, room) if room < len(text) <= LONG else -1
    return text if end < 0 else text[:end]
