"""What a run reads: its corpus, its splits and its word vectors, kept in the process that has prepared them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from textclf.config import RunConfig
from textclf.data.corpora import Corpus, load_corpus
from textclf.data.splits import Splits, split_corpus
from textclf.data.vectors import Vectors, load_vectors

FILE_SETTINGS = ("text_column", "label_column", "pair_column", "delimiter", "encoding")
SPLIT_SETTINGS = ("split_seed", "folds", "fold", "train_rows", "test_rows", "drop_near_duplicates")
_kept: dict[tuple[Any, ...], Data] = {}


@dataclass(frozen=True)
class Data:
    """A corpus, with the word vectors of those who read it.

    Attributes
    ----------
    corpus : Corpus
    vectors : Vectors, optional
    """

    corpus: Corpus
    vectors: Vectors | None
    _splits: dict[tuple[Any, ...], Splits] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """A hash of all that a run reads."""
        return self.corpus.sha256 + ("" if self.vectors is None else self.vectors.sha256)

    def splits(self, config: RunConfig) -> Splits:
        """The splits of a run; runs with the same settings share them."""
        settings = {name: getattr(config.settings, name) for name in SPLIT_SETTINGS}
        key = tuple(settings.values())
        if key not in self._splits:
            self._splits[key] = split_corpus(self.corpus, **settings)
        return self._splits[key]

    def __getstate__(self) -> dict[str, Any]:
        """Splits stay in the process: together they are as large as the corpus, and a run needs one."""
        return self.__dict__ | {"_splits": {}}


def data_of(config: RunConfig) -> Data:
    """What a run reads, loaded if it is not kept.

    Raises
    ------
    DataError
        If there is no such data, or it cannot be used.
    """
    key = _key(config)
    if key not in _kept:
        settings = config.settings
        corpus = load_corpus(settings.dataset, **{name: getattr(settings, name) for name in FILE_SETTINGS})
        _kept[key] = Data(corpus, None if settings.vectors is None else load_vectors(settings.vectors))
    return _kept[key]


def keep(config: RunConfig, data: Data) -> None:
    """Let `data_of` find ``data``, which came from elsewhere."""
    _kept[_key(config)] = data


def forget() -> None:
    """Read everything anew: a file may have changed."""
    _kept.clear()


def _key(config: RunConfig) -> tuple[Any, ...]:
    return tuple(getattr(config.settings, name) for name in ("dataset", "vectors", *FILE_SETTINGS))
