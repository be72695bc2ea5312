"""Preparing a run: load its corpus and its word vectors, and split the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from textclf.config import RunConfig
from textclf.data.corpora import Corpus, load_corpus
from textclf.data.language_models import LanguageModelFiles, find_language_model
from textclf.data.splits import Splits, split_corpus
from textclf.data.vectors import Vectors, check_size, load_vectors
from textclf.encoders.baselines import BASELINES
from textclf.errors import ConfigurationError, Problem
from textclf.tasks import name_of_task, task_of

FILE_SETTINGS = ("text_column", "label_column", "pair_column", "delimiter", "encoding")
SPLIT_SETTINGS = ("split_seed", "folds", "fold", "train_rows", "test_rows", "drop_near_duplicates")
Values = tuple[tuple[str, Any], ...]  # (setting, value)
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Prepared:
    """The inputs of a run.

    Attributes
    ----------
    name : str
        The corpus' name in tables.
    sha256 : str
        A hash of the whole corpus, of the word vectors, of the language model and of the files of a baseline.
    task : str
        The name of the task of the corpus.
    splits : Splits
    vectors : Vectors, optional
    language_model : LanguageModelFiles, optional
    """

    name: str
    sha256: str
    task: str
    splits: Splits
    vectors: Vectors | None
    language_model: LanguageModelFiles | None = None

    @property
    def pairs(self) -> bool:
        """Whether each row has two texts."""
        return self.splits.train.pairs is not None


class Preparations:
    """The inputs of several runs; runs with equal settings share them.

    Each corpus and each file of word vectors is loaded once, and each corpus is split once for each split setting.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[Any, ...], Any] = {}

    def of(self, config: RunConfig) -> Prepared:
        """Return the inputs of a run.

        Raises
        ------
        DataError
            If the dataset or the word vectors do not exist or cannot be used.
        ConfigurationError
            If the settings do not fit the dataset or the word vectors, or if a baseline's files cannot be used.
        """
        settings, files, splitting = config.settings, _files(config), _settings_of(config, SPLIT_SETTINGS)
        corpus, splits = self._corpus(files), self.splits(config)
        vectors: Vectors | None = None
        if settings.vectors is not None and config.language_model is None:
            name = settings.vectors
            vectors = self._once(("vectors", name), lambda: load_vectors(name))
            check_size(vectors, settings.embedding_dim)
        language_model = self._language_model(config)
        sources = (source.sha256 for source in (vectors, language_model) if source is not None)
        sha256 = "".join([corpus.sha256, *sources, self._files_sha256(config)])
        prepared = self._once(
            ("inputs", files, splitting, settings.vectors, sha256),
            lambda: Prepared(corpus.name, sha256, self.task(config), splits, vectors, language_model),
        )
        _check_overlap(config, prepared)
        return prepared

    def splits(self, config: RunConfig) -> Splits:
        """Return the splits of a run's corpus. Raises the errors of `of` that concern the dataset."""
        files, splitting = _files(config), _settings_of(config, SPLIT_SETTINGS)
        classes_of = task_of(self.task(config)).classes
        return self._once(
            ("splits", files, splitting),
            lambda: split_corpus(self._corpus(files), classes_of=classes_of, **dict(splitting)),
        )

    def task(self, config: RunConfig) -> str:
        """Return the name of the task of a run's corpus. Raises `DataError` as `of` does."""
        files = _files(config)
        return self._once(("task", files), lambda: name_of_task(*self._corpus(files).splits.values()))

    def _language_model(self, config: RunConfig) -> LanguageModelFiles | None:
        options = config.language_model
        if options is None:
            return None
        key = ("language model", options.model, options.revision)
        return self._once(key, lambda: find_language_model(options.model, options.revision))

    def _files_sha256(self, config: RunConfig) -> str:
        """Return the hash of the files of a baseline, such as a table of pretrained vectors; empty for an encoder."""
        if config.kind == "encoder":
            return ""
        options = config.encoder
        key = ("baseline", options.part, options.model_dump_json())
        return self._once(key, lambda: BASELINES[options.part].files_sha256(options))

    def _corpus(self, files: Values) -> Corpus:
        return self._once(("corpus", files), lambda: load_corpus(**dict(files)))

    def _once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        if key not in self._values:
            self._values[key] = make()
        return self._values[key]


def prepare(config: RunConfig) -> Prepared:
    """Return the inputs of a single run. Raises the errors of `Preparations.of`."""
    return Preparations().of(config)


def _files(config: RunConfig) -> Values:
    return _settings_of(config, ("dataset", *FILE_SETTINGS))


def _settings_of(config: RunConfig, names: Sequence[str]) -> Values:
    return tuple((name, getattr(config.settings, name)) for name in names)


def _check_overlap(config: RunConfig, prepared: Prepared) -> None:
    settings = config.settings
    unused = config.kind == "baseline" or config.language_model is not None
    if settings.overlap_features and (not prepared.pairs or unused):
        reason = (
            f"{config.encoder.part} does not use them"
            if prepared.pairs
            else f"{settings.dataset} has no pairs of texts"
        )
        raise ConfigurationError(Problem("overlap_features", f"{reason}; leave it out"))
