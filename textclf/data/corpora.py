"""Corpora: find a dataset by its name or path, and load it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.data.files import STANDARD_INPUT, FileOptions, suffix_of
from textclf.errors import ConfigurationError, DataError, Problem, did_you_mean
from textclf.paths import user_path

CORPORA = {"bbc-news": "2,127 news articles, 5 topics", "tweets": "17,824 tweets, 3 sentiments"}

if TYPE_CHECKING:
    from textclf.data.examples import Examples


@dataclass(frozen=True)
class Corpus:
    """A dataset, before it is split.

    Attributes
    ----------
    name : str
    splits : dict of str to Examples
        ``all``; or ``train``, ``test`` and optionally ``validation``.
    sha256 : str
        Hash of every column of every split. It does not depend on the place of the files.
    """

    name: str
    splits: dict[str, Examples]
    sha256: str


def load_corpus(
    dataset: str,
    *,
    text_column: str | tuple[str, ...],
    label_column: str,
    pair_column: str | None,
    delimiter: str | None,
    encoding: str | None,
) -> Corpus:
    """Load a dataset.

    Parameters
    ----------
    dataset : str
        ``-`` for standard input, which is read to its end; a path, if it exists or ends in a known suffix; else a name.
        A name is looked up in this order: a folder under ``$TEXTCLF_DATA``, a bundled corpus, a dataset of the Hugging
        Face hub.
    text_column : str or tuple of str
        Several columns are joined by a space.
    label_column : str
    pair_column : str or None
        None means ``text_pair``, if there is such a column.
    delimiter, encoding : str or None
        The format of the file; None means that it is detected.

    Raises
    ------
    ConfigurationError
        If one column is named for two purposes, or the delimiter or the encoding cannot be used.
    DataError
        If there is no such dataset, or it cannot be read.
    """
    from textclf.data.bundled import BUNDLED
    from textclf.data.reader import ColumnNames, read_examples, read_folder

    if not dataset.strip():
        raise DataError(
            f"dataset: missing; give a path to a file or a folder, or a name (bundled: {', '.join(CORPORA)})"
        )
    if "://" in dataset:
        raise DataError(
            f"dataset: {dataset} is a URL, and files are read from disk only; download it and give its path"
        )
    names = (text_column,) if isinstance(text_column, str) else text_column
    columns, options = ColumnNames(names, label_column, pair_column), FileOptions(delimiter, encoding)
    path = Path(dataset) if dataset == STANDARD_INPUT else find_path(dataset)
    if path is not None and os.path.isdir(path):
        return _corpus(path.resolve().name, read_folder(path, columns, options))
    if path is not None:
        return _corpus(_name_of(path), {"all": read_examples(path, columns, options)})
    problems = [
        Problem(key, f"{value!r}, but {dataset} is not a file; leave it out")
        for key, value in (("delimiter", delimiter), ("encoding", encoding))
        if value is not None
    ]
    if problems:
        raise ConfigurationError(problems)
    if dataset in BUNDLED:
        return _corpus(dataset, {"all": BUNDLED[dataset]()})
    from textclf.data.hub import load_from_hub

    return _corpus(dataset, load_from_hub(dataset, columns, f"{_suggestion(dataset)} Bundled: {', '.join(CORPORA)}"))


def _name_of(path: Path) -> str:
    """Return a file's name as the name of its corpus; the folder's name if the file is called ``all`` or ``train``."""
    if str(path) == STANDARD_INPUT:
        return "standard-input"
    name = path.name[: -len(suffix_of(path.name) or "")] or path.name
    return path.resolve().parent.name if name in {"all", "train"} else name


def find_path(dataset: str) -> Path | None:
    """Return the path of ``dataset`` if it is a file, a folder, or a folder under ``$TEXTCLF_DATA``; else None."""
    path = user_path(dataset)
    if suffix_of(dataset) is not None or os.path.exists(path):  # Path.exists raises an error if a name is too long
        return path
    folder = data_folder()
    return folder / dataset if folder is not None and os.path.isdir(folder / dataset) else None


def data_folder() -> Path | None:
    """Return ``$TEXTCLF_DATA``, or None if it is not set."""
    folder = os.environ.get("TEXTCLF_DATA")
    return user_path(folder) if folder else None


def _suggestion(dataset: str) -> str:
    """Return a suggestion for a dataset that does not exist: a similar name, or the advice to give a path."""
    folder = data_folder()
    local = [path.name for path in folder.iterdir() if path.is_dir()] if folder is not None and folder.is_dir() else []
    similar = get_close_matches(dataset, sorted([*CORPORA, *local]), n=1)
    if similar:
        return did_you_mean(dataset, similar)
    missing = f" TEXTCLF_DATA ({folder}) is not a folder." if folder is not None and not folder.is_dir() else ""
    return f"give a path to a file or a folder.{missing}"


def _corpus(name: str, splits: dict[str, Examples]) -> Corpus:
    hashes = "".join(f"{split}:{examples.sha256()};" for split, examples in sorted(splits.items()))
    return Corpus(name, splits, hashlib.sha256(hashes.encode()).hexdigest())
