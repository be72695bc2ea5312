"""Words: from a text to token ids. Learned from the training split alone."""

from __future__ import annotations

import logging
import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a run has one thread; read when tokenizers is first used

import numpy as np
import tokenizers
from tokenizers import Encoding, Regex, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as RustTokenizer

from textclf.data.cache import digest
from textclf.data.long_words import LONGEST_WORD, long_words
from textclf.data.threads import on_threads
from textclf.data.tokens import Tokens
from textclf.errors import ModelFolderError
from textclf.escape import HALF_CHARACTERS

PAD, UNKNOWN = "[PAD]", "[UNK]"
# As in the Penn Treebank, whose words the usual vector files hold: "don't" is "do n't", "it's" is "it 's".
WORDS = r"\w+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\d+(?:[.,]\d+)+|\w+|[^\w\s]"
LANGUAGE = "en"  # whose rules split sentences
AT_ONCE = 500  # texts
LONG = 10_000  # tokens; cutting a text as long as this is worth a word
CHARACTERS = 8  # a token with the space behind it has fewer, on average, in most texts
log = logging.getLogger("textclf")

Encode = Callable[..., list[Encoding]]


class Tokenizer:
    """Lower-cased words (or pieces of words) to ids; id 0 is the pad, id 1 any unknown word.

    Parameters
    ----------
    rust : tokenizers.Tokenizer
    """

    PAD, UNKNOWN = 0, 1

    def __init__(self, rust: RustTokenizer) -> None:
        self._rust = rust
        rust.encode_special_tokens = True  # a text that spells "[PAD]" is a text; not kept in tokenizer.json
        self._said: dict[str, object] = {}  # what was warned about

    @classmethod
    def train(
        cls, texts: Iterable[str], *, kind: str = "word", vocabulary_size: int = 50_000, min_frequency: int = 1
    ) -> Tokenizer:
        """Learn the vocabulary.

        Parameters
        ----------
        texts : iterable of str
            The training split.
        kind : {"word", "bpe"}
            ``bpe``: byte-pair encoding, Sennrich, Haddow & Birch 2016 (arXiv 1508.07909), inside words.
        vocabulary_size : int
            At most so many tokens, the most frequent; the pad and the unknown word are among them, always.
        min_frequency : int
            Rarer words (or pairs) are unknown.
        """
        rust = RustTokenizer(models.BPE(unk_token=UNKNOWN) if kind == "bpe" else models.WordLevel(unk_token=UNKNOWN))
        rust.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Lowercase(), normalizers.Replace("\u2019", "'")]
        )
        rust.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
        trainer = trainers.BpeTrainer if kind == "bpe" else trainers.WordLevelTrainer
        tokenizer = cls(rust)
        rust.train_from_iterator(
            (_whole(tokenizer._shortened(text)) for text in texts),
            trainer(
                vocab_size=max(vocabulary_size, 2),
                min_frequency=min_frequency,
                special_tokens=[PAD, UNKNOWN],
                show_progress=False,
            ),
        )
        return tokenizer

    def with_words(self, texts: Iterable[str], known: Collection[str]) -> Tokenizer:
        """A tokenizer that also keeps those words of ``texts`` that are in ``known``; a BPE one stays as it is."""
        if not isinstance(self._rust.model, models.WordLevel):
            return self
        vocabulary = self._rust.get_vocab()
        found = {word for text in texts for word in self._split(text)}
        for word in sorted(word for word in found if word in known and word not in vocabulary):
            vocabulary[word] = len(vocabulary)
        rust = RustTokenizer.from_str(self._rust.to_str())
        rust.model = models.WordLevel(vocabulary, unk_token=UNKNOWN)
        larger = Tokenizer(rust)
        larger._said = self._said
        return larger

    def _split(self, text: str) -> list[str]:
        normal = self._rust.normalizer.normalize_str(_whole(self._shortened(text)))
        return [word for word, _ in self._rust.pre_tokenizer.pre_tokenize_str(normal)]

    @property
    def vocabulary(self) -> list[str]:
        """Every token, by id."""
        ids = self._rust.get_vocab()
        return sorted(ids, key=ids.__getitem__)

    def encode(self, texts: Sequence[str], max_tokens: int, sentences: bool = False) -> Tokens:
        """Each text's first ``max_tokens`` tokens; a text without any becomes one unknown token.

        With ``sentences``, each token's sentence too, as the rules of `sentencex` split the text.
        """
        texts = list(map(self._shortened, texts))

        def part(first: int) -> tuple[np.ndarray, ...]:
            """Ids, lengths and sentences of `AT_ONCE` texts: the library's encodings take 100 times the memory."""
            ids, lengths, numbers = array("i"), array("q"), array("i")
            some = texts[first : first + AT_ONCE]
            # Without places, where a token stands in its text, the library takes a quarter less time.
            encode = self._rust.encode_batch if sentences else self._rust.encode_batch_fast
            for text, encoding in zip(some, self._encode(some, max_tokens, first, encode), strict=True):
                own = encoding.ids[:max_tokens] or [self.UNKNOWN]
                ids.extend(own)
                lengths.append(len(own))
                if sentences:
                    starts = [start for start, _ in encoding.offsets[:max_tokens]] or [0]
                    numbers.extend(_sentences(_whole(text[: starts[-1] + 1]), starts))
            return np.array(ids, np.int32), np.array(lengths, np.int64), np.array(numbers, np.int32)

        parts = on_threads(part, range(0, max(1, len(texts)), AT_ONCE))
        ids, lengths, numbers = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return Tokens(ids, np.concatenate([[0], lengths.cumsum()]), numbers if sentences else None)

    def words(self, text: str, max_tokens: int) -> list[str]:
        """The pieces of ``text`` that its tokens stand for, as they are written there."""
        text = self._shortened(text)
        offsets = next(self._encodings([text], max_tokens)).offsets[:max_tokens]
        return [text[start:end] for start, end in offsets] or [UNKNOWN]

    def cut(self, texts: Sequence[str], max_tokens: int) -> list[str]:
        """Each text up to the end of its last kept token, long words cut: what a reader of raw text may see of it."""
        texts = list(map(self._shortened, texts))
        return [
            text[: encoding.offsets[:max_tokens][-1][1]] if len(encoding) else text
            for text, encoding in zip(texts, self._encodings(texts, max_tokens), strict=True)
        ]

    def _encodings(self, texts: Sequence[str], max_tokens: int) -> Iterator[Encoding]:
        for first in range(0, len(texts), AT_ONCE):
            yield from self._encode(texts[first : first + AT_ONCE], max_tokens, first, self._rust.encode_batch)

    def _encode(self, texts: Sequence[str], max_tokens: int, first: int, encode: Encode) -> list[Encoding]:
        beginnings = [_whole(_beginning(text, max_tokens)) for text in texts]
        encodings = encode(beginnings, add_special_tokens=False)
        short = [
            row
            for row, (text, encoding) in enumerate(zip(texts, encodings, strict=True))
            if len(encoding) < max_tokens and len(beginnings[row]) < len(text)
        ]
        wholes = encode([_whole(texts[row]) for row in short], add_special_tokens=False)
        for row, encoding in zip(short, wholes, strict=True):
            encodings[row] = encoding
        for row, encoding in enumerate(encodings):
            if len(encoding) > max(LONG, max_tokens):
                self._warn_once(
                    "text %d has %d tokens; the first %d are read (max_tokens), as of every text",
                    first + row + 1,
                    len(encoding),
                    max_tokens,
                )
        return encodings

    def _shortened(self, text: str) -> str:
        """The text with the first `LONGEST_WORD` characters of each word; long words are said once."""
        pieces, end = [], 0
        for start, stop in long_words(text):
            self._warn_once(
                'the word "%s…" has %d characters; the first %d are read, as of every word',
                text[start : start + 20],
                stop - start,
                LONGEST_WORD,
            )
            pieces.append(text[end : start + LONGEST_WORD])
            end = stop
        return "".join([*pieces, text[end:]]) if pieces else text

    def _warn_once(self, message: str, *values: object) -> None:
        if self._said.setdefault(message, values) is values:  # one step, so of several threads one says it
            log.warning(message, *values)

    @cached_property
    def sha256(self) -> str:
        """A hash of all that decides what a text becomes."""
        return digest(self._rust.to_str(), str(LONGEST_WORD), tokenizers.__version__, version("sentencex"))

    def save(self, path: Path) -> None:
        """Write ``tokenizer.json``, the format of the ``tokenizers`` library."""
        self._rust.save(str(path))

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """The tokenizer that `save` wrote; `ModelFolderError` if the file is damaged."""
        try:
            rust = RustTokenizer.from_file(str(path))
            ids = rust.get_vocab()
            if sorted(ids.values()) != list(range(len(ids))) or ids.get(PAD) != 0 or ids.get(UNKNOWN) != 1:
                raise ValueError(f"the ids of its {len(ids)} words are not 0 to {len(ids) - 1}")
            return cls(rust)
        except Exception as error:  # the Rust library raises Exception itself
            raise ModelFolderError(f"{path}: damaged ({error}); save the model again") from None


def _sentences(text: str, starts: list[int]) -> list[int]:
    """The sentence of the token at each of ``starts``, from 0; sentences without a token are not counted.

    ``text`` need not go on behind the last of ``starts``.
    """
    from sentencex import get_sentence_boundaries

    sentences = get_sentence_boundaries(LANGUAGE, text)
    begins = [sentence["start_index"] for sentence in sentences]
    return np.unique(np.searchsorted(begins, starts, side="right"), return_inverse=True)[1].tolist()


def _beginning(text: str, max_tokens: int) -> str:
    """Most likely all that the first ``max_tokens`` tokens stand for: no more needs to be read. Ends at a space.

    A text that may have more than `LONG` tokens stays whole, so that they are counted.
    """
    room = CHARACTERS * max_tokens
    end = text.rfind(" ", 0, room) if room < len(text) <= LONG else -1
    return text if end < 0 else text[:end]


def _whole(text: str) -> str:
    """The text with each half of a character replaced, so that it can be written as UTF-8; no position moves."""
    return text if text.isascii() else HALF_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)
