"""Static vectors: a pretrained table of token vectors with its tokenizer. Only this file imports model2vec."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer as RustTokenizer

from textclf.data import wordllama
from textclf.errors import ConfigurationError, Problem, install
from textclf.paths import user_path

AT_ONCE = 500  # texts that are encoded together
NOT_WORDS = {"[PAD]", "[UNK]"}  # the first two tokens of every vocabulary (`Tokenizer`), which imports torch

HUB = "hub:"  # the first characters of the name of a table on the Hugging Face hub
WAY_OUT = f"give {wordllama.NAME}, a folder or hub:OWNER/NAME in the format of model2vec"


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """A table of token vectors; the vector of a word is the mean of its tokens' vectors.

    Attributes
    ----------
    name : str
        As the user wrote it: ``wordllama``, ``hub:OWNER/NAME`` or a path.
    origin : str
        Where the vectors come from, in words.
    tokenizer : tokenizers.Tokenizer
    matrix : np.ndarray
        ``(tokens, dim)``, floating-point numbers of any precision.
    sha256 : str
        A hash of the table and its tokenizer.
    unknown : int, optional
        The id of the token that stands for unknown text; it has no vector.
    """

    name: str
    origin: str
    tokenizer: RustTokenizer = field(repr=False)
    matrix: np.ndarray = field(repr=False)
    sha256: str
    unknown: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return load_static_vectors, (self.name,)  # another process maps the same file

    @property
    def dim(self) -> int:
        """The size of a vector."""
        return self.matrix.shape[1]

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and word not in NOT_WORDS and bool(len(next(self.ids([word]))))

    def rows(self, words: Sequence[str]) -> np.ndarray:
        """Return the vectors of words ``(words, dim)`` float32; each has at least one token."""
        vectors = [self.matrix[ids].mean(0, dtype=np.float32) for ids in self.ids(words)]
        return np.stack(vectors) if vectors else np.empty((0, self.dim), np.float32)

    def in_memory(self) -> StaticVectors:
        """Return these vectors; another machine reads them from its own package."""
        return self

    def ids(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        """Yield the token ids ``(tokens,)`` of each text, without special and unknown tokens."""
        for first in range(0, len(texts), AT_ONCE):
            for encoding in self.tokenizer.encode_batch_fast(texts[first : first + AT_ONCE], add_special_tokens=False):
                ids = np.array(encoding.ids, np.int64)
                yield ids if self.unknown is None else ids[ids != self.unknown]


def load_static_vectors(name: str, setting: str = "model") -> StaticVectors:
    """Load a table of token vectors.

    Parameters
    ----------
    name : str
        ``wordllama``: the table of the package wordllama. ``hub:OWNER/NAME``: a table of the Hugging Face hub in the
        format of model2vec. Else a folder in this format.
    setting : str, default "model"
        The setting that holds the name, for messages.

    Raises
    ------
    ConfigurationError
        If there is no such table, if a package is missing, if the files cannot be used, or if the hub cannot be
        reached.
    """
    try:
        if name == wordllama.NAME:
            return _load_wordllama()
        return _load_hub(name) if name.startswith(HUB) else _load_folder(name)
    except _Unusable as error:
        raise ConfigurationError(Problem(setting, str(error))) from None


class _Unusable(Exception):  # noqa: N818 - it becomes a ConfigurationError
    """The reason why a table cannot be used, and the way out."""


def _load_wordllama() -> StaticVectors:
    package = wordllama.find_wordllama()
    if package is None:
        raise _Unusable(f"the package {wordllama.NAME} is not installed; {install('pretrained')}")
    try:
        return _read_wordllama(*wordllama.published_files(package))
    except ValueError as error:
        raise _Unusable(str(error)) from None


@lru_cache
def _read_wordllama(weights: Path, tokenizer: Path) -> StaticVectors:
    from safetensors import safe_open

    # Through torch, which maps the file into memory, so that processes share it; numpy would copy it.
    with safe_open(weights, "pt") as file:
        matrix = file.get_tensor("embedding.weight").numpy()
    sha256 = _digest(value.encode() for value in wordllama.PUBLISHED.values())
    rust = RustTokenizer.from_file(str(tokenizer))
    unknown = rust.token_to_id(rust.model.unk_token)
    return StaticVectors(wordllama.NAME, wordllama.ORIGIN, rust, matrix, sha256, unknown)


def _load_hub(name: str) -> StaticVectors:
    from huggingface_hub import HfApi

    from textclf.data.hub import TIMEOUT_SECONDS, is_unknown

    repository = name.removeprefix(HUB)
    try:  # check first, because the library tries for longer
        HfApi().model_info(repository, timeout=TIMEOUT_SECONDS)
    except Exception as error:  # each HTTP library raises errors of its own types
        if is_unknown(error):
            raise _Unusable(f'the Hugging Face hub has no "{repository}"; {WAY_OUT}') from None
        raise _Unusable(
            f"{name}: the hub cannot be reached ({type(error).__name__}); {wordllama.NAME} needs no network"
        ) from None
    return _load_model2vec(name, repository)


def _load_folder(name: str) -> StaticVectors:
    path = user_path(name)
    if not path.is_dir():
        raise _Unusable(f'there is no folder "{name}"; {WAY_OUT}')
    return _load_model2vec(name, path)


def _load_model2vec(name: str, place: str | Path) -> StaticVectors:
    """Load a table in the format of model2vec: safetensors and JSON alone."""
    try:
        from model2vec import StaticModel
    except ImportError:
        raise _Unusable(f"the package model2vec is not installed; {install('pretrained')}") from None
    try:
        model = StaticModel.from_pretrained(place)
        matrix = _matrix_of(model)
    except Exception as error:  # the libraries raise many types
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise _Unusable(f"{name} is not a table in the format of model2vec ({reason}); {WAY_OUT}") from None
    tokenizer = model.tokenizer
    tokenizer.no_truncation()
    sha256 = _digest([tokenizer.to_str().encode(), str(matrix.shape).encode(), matrix.tobytes()])
    return StaticVectors(name, "vectors in the format of model2vec", tokenizer, matrix, sha256, model.unk_token_id)


def _matrix_of(model: Any) -> np.ndarray:
    """Return a vector for each token ``(tokens, dim)`` float32: models may share vectors, and weight tokens."""
    matrix = np.asarray(model.embedding, np.float32)
    if model.token_mapping is not None:
        matrix = matrix[model.token_mapping]
    if model.weights is not None:
        matrix = matrix * np.asarray(model.weights, np.float32)[:, None]
    if matrix.ndim != 2 or len(matrix) <= max(model.tokenizer.get_vocab().values()):
        raise ValueError("it has fewer vectors than tokens")
    if not np.isfinite(matrix).all():
        raise ValueError("its vectors are not finite")
    return matrix


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
