"""Pretrained word vectors: of a text file or of a static table; and the initial embedding matrix of a model."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from textclf.data import wordllama
from textclf.data.cache import cache_folder, store, stored, unwritable
from textclf.data.checksums import file_sha256
from textclf.data.corpora import data_folder
from textclf.data.static_vectors import load_static_vectors
from textclf.errors import ConfigurationError, DataError, Problem
from textclf.paths import user_path

log = logging.getLogger("textclf")
RANDOM_SCALE = 0.1  # standard deviation of the random vectors, for words that are not in the file


class Vectors(Protocol):
    """Pretrained word vectors: the interface of a file of vectors and of a static table of tokens."""

    @property
    def name(self) -> str:
        """The name in messages."""

    @property
    def dim(self) -> int:
        """The size of a vector."""

    @property
    def sha256(self) -> str:
        """A hash of everything that decides the vectors."""

    def __contains__(self, word: object) -> bool:
        """Return whether a word has a vector."""

    def rows(self, words: Sequence[str]) -> np.ndarray:
        """Return the vectors of words that have one, ``(words, dim)`` float32."""

    def in_memory(self) -> Vectors:
        """Return vectors that can be sent to another machine: they need no file of this one."""


@dataclass(frozen=True)
class FileVectors:
    """The words of a file and their vectors.

    Attributes
    ----------
    path : Path
    words : dict of str to int
        The row of each word.
    matrix : np.ndarray
        ``(words, dim)`` float32, memory-mapped.
    sha256 : str
        Hash of the file.
    table : Path, optional
        The cache file that ``matrix`` maps; pickled vectors hold its path, so that other processes map the same memory.
    """

    path: Path
    words: dict[str, int]
    matrix: np.ndarray
    sha256: str
    table: Path | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self.table is None:
            return FileVectors, (self.path, self.words, self.matrix, self.sha256)
        return FileVectors.mapped, (self.path, self.table, self.sha256)

    @classmethod
    def mapped(cls, path: Path, table: Path, sha256: str) -> FileVectors:
        """Read the vectors of the file ``path``, whose hash is ``sha256``, from the cache file ``table``."""
        words, matrix = _read(table)
        return cls(path, {word: row for row, word in enumerate(words)}, matrix, sha256, table)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def dim(self) -> int:
        return self.matrix.shape[1]

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def rows(self, words: Sequence[str]) -> np.ndarray:
        return self.matrix[[self.words[word] for word in words]]

    def in_memory(self) -> FileVectors:  # a memory-mapped file exists on one machine only
        return replace(self, matrix=np.array(self.matrix), table=None)


def find_vectors(name: str) -> Path:
    """Return the path of the file ``name``, in the current folder or under ``$TEXTCLF_DATA``."""
    if "://" in name:
        raise DataError(f"vectors: {name} is a URL, and files are read from disk only; download it and give its path")
    folder = data_folder()
    for path in (user_path(name), *([folder / name] if folder is not None else [])):
        if path.is_file():
            return path
    also = f" or under {folder}" if folder is not None else ", and TEXTCLF_DATA is not set"
    raise DataError(f'vectors: no file "{name}" here{also}; give a .txt, .vec or .gz file, or {wordllama.NAME}')


def load_vectors(name: str) -> Vectors:
    """Load word vectors.

    Parameters
    ----------
    name : str
        A file in the format of GloVe or fastText, compressed or not; the cache keeps its content. If there is no such
        file, ``wordllama`` is the table of this package.

    Raises
    ------
    ConfigurationError
        If the package wordllama is needed and is not installed, or its files have changed.
    DataError
        If a line has another number of values than the first line, or a value that is not a number.
    OutputError
        If the cache cannot be written.
    """
    try:
        path = find_vectors(name)
    except DataError:
        if name != wordllama.NAME:
            raise
        return load_static_vectors(name, "vectors")
    sha256 = file_sha256(path)
    entry = f"vectors-{sha256[:32]}"
    try:
        table = stored(entry) or store(entry, partial(_write, *_parse(path)))
        return FileVectors.mapped(path, table, sha256)
    except OSError as error:
        raise unwritable(cache_folder(), error) from None


def _write(words: list[str], matrix: np.ndarray, path: Path) -> None:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    table = pa.record_batch({"word": pa.array(words, pa.large_string()), "vector": vectors})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_batch(table)


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the words and their memory-mapped vectors."""
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).get_batch(0)
    return table["word"].to_pylist(), table["vector"].values.to_numpy().reshape(len(table), -1)


def _parse(path: Path) -> tuple[list[str], np.ndarray]:
    words: dict[str, None] = {}
    rows: list[np.ndarray] = []
    dim, number = 0, 0
    header: tuple[int, int] | None = None  # fastText's first line: the numbers of words and of values
    for number, line in _lines(path):
        word, *values = line.split(" ")
        if number == 1 and len(values) == 1 and word.isdecimal() and values[0].isdecimal():
            header = int(word), int(values[0])
            continue
        dim = dim or len(values)
        while len(values) > dim and not _is_number(values[0]):  # some words contain spaces
            word += f" {values.pop(0)}"
        row = _numbers(values)
        if row is None or len(values) != dim or dim == 0:
            actual = f"{len(values)} values{', not all of them numbers' if row is None else ''}"
            raise DataError(
                f"{path}, line {number}: expected a word and {dim or 'some'} numbers, as on the first line, "
                f"found {actual}; is the file complete, with one space between two values?"
            )
        if word not in words:
            words[word] = None
            rows.append(row)
    if not rows:
        raise DataError(f"{path}: empty; each line is a word and its numbers")
    if header is not None and header != (number - 1, dim):
        raise DataError(
            f'{path}, line 1: "{header[0]} {header[1]}" are the numbers of words and values, but there are '
            f"{number - 1} words of {dim} values; is the file complete? If it is, correct the line or remove it"
        )
    return list(words), np.stack(rows)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8", errors="replace").rstrip(" \r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); is the file complete?") from None


def _numbers(values: list[str]) -> np.ndarray | None:
    try:
        numbers = np.array(values, dtype=np.float32)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _is_number(value: str) -> bool:
    return _numbers([value]) is not None


def check_size(vectors: Vectors, dim: int) -> None:
    """Raise `ConfigurationError` if the vectors do not have ``dim`` values."""
    if vectors.dim != dim:
        raise ConfigurationError(
            Problem(
                "embedding_dim",
                f"{dim}, but vectors in {vectors.name} have {vectors.dim} values; set embedding_dim to {vectors.dim}",
            )
        )


def embedding_matrix(vocabulary: list[str], vectors: Vectors | None, dim: int, seed: int) -> np.ndarray:
    """Build the initial embedding matrix ``(vocabulary, dim)`` float32; a word without a vector gets a random one.

    Raises
    ------
    ConfigurationError
        If the vectors do not have ``dim`` values.
    """
    matrix = np.random.default_rng(seed).normal(0, RANDOM_SCALE, (len(vocabulary), dim)).astype(np.float32)
    if vectors is None:
        return matrix
    check_size(vectors, dim)
    known = [row for row, word in enumerate(vocabulary) if word in vectors]
    if known:
        matrix[known] = vectors.rows([vocabulary[row] for row in known])
    elif vocabulary:
        log.warning(
            "vectors: %s has no word of the vocabulary, so all vectors are random; check its language and its case",
            vectors.name,
        )
    return matrix
