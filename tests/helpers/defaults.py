"""Functions that take settings, called with the defaults of `Settings` and the arguments of a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textclf.data.corpora import Corpus, load_corpus
from textclf.data.reader import ColumnNames
from textclf.data.splits import Splits, split_corpus
from textclf.data.tokenizer import Tokenizer
from textclf.experiment.preparation import FILE_SETTINGS, SPLIT_SETTINGS
from textclf.settings import Settings

DEFAULTS = Settings()


def defaults(names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(DEFAULTS, name) for name in names}


def column_names(**names: Any) -> ColumnNames:
    return ColumnNames(**{"text": (DEFAULTS.text_column,), "label": DEFAULTS.label_column, "pair": None} | names)


def load(dataset: str, **settings: Any) -> Corpus:
    return load_corpus(dataset, **defaults(FILE_SETTINGS) | settings)


def split(corpus: Corpus, **settings: Any) -> Splits:
    return split_corpus(corpus, **defaults(SPLIT_SETTINGS) | settings)


def train_tokenizer(texts: Iterable[str], **settings: Any) -> Tokenizer:
    arguments = {"kind": DEFAULTS.tokenizer} | defaults(("vocabulary_size", "min_frequency")) | settings
    return Tokenizer.train(texts, **arguments)
