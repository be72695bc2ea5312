"""Train a model on labelled texts; the grid, the command line and `TextClassifier` share this code."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from typing import Any

from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.language_models import LanguageModelFiles
from textclf.data.subwords import SubwordTokenizer
from textclf.data.tokenizer import Tokenizer
from textclf.data.vectors import Vectors, embedding_matrix, load_vectors
from textclf.encoders.baselines import BASELINES
from textclf.tasks import deciding_metric, name_of_task
from textclf.training.bfloat16 import resolve_precision
from textclf.training.building import build_within_memory, language_model_of
from textclf.training.device import random_state, resolve_device
from textclf.training.loop import EPOCH_SEEDS, Trainer, train
from textclf.training.model import Model
from textclf.training.parallel import ALONE, Processes
from textclf.training.validation import Validation, quality


class Fit:
    """One training run: iterating over it trains `model` and yields the epoch records.

    Parameters
    ----------
    config : RunConfig
    training : Examples
    validation : Examples or None
        Decides which epoch is the best and when to stop. Without it, all epochs run, and the last one is the best.
    classes : tuple of str
        All classes, in the order of the probabilities' columns.
    other_texts : iterable of str
        Texts of the validation and test splits. With ``vocabulary: vectors``, a word of these texts or of the training
        split is in the vocabulary if the vector file has it, even if ``min_frequency`` or ``vocabulary_size`` would
        leave it out; published set-ups do the same. Nothing else is learned from these texts.
    task : str, optional
        The name of the task; by default the most specific one that fits both splits.
    vectors : Vectors, optional
        The vectors of the configuration, if they are loaded already.
    language_model : LanguageModelFiles, optional
        The files of the language model of the configuration, if they are known already.
    cache_tokens : bool, default False
        Store tokens in the cache for later runs with the same texts.
    processes : Processes
        The processes that train the model together, each with an equal `Fit`; by default this process alone.

    Attributes
    ----------
    model : Model
    select_by : str
        The name of the metric that chooses the best epoch.
    epochs : list of dict
        The records of the epochs so far.
    best_epoch : int
        0 for a baseline.
    seconds : float
        The duration of training and validation, without loading.
    """

    def __init__(
        self,
        config: RunConfig,
        training: Examples,
        validation: Examples | None,
        classes: tuple[str, ...],
        *,
        other_texts: Iterable[str] = (),
        task: str | None = None,
        vectors: Vectors | None = None,
        language_model: LanguageModelFiles | None = None,
        cache_tokens: bool = False,
        processes: Processes = ALONE,
    ) -> None:
        self._cache_tokens, self._processes = cache_tokens, processes
        self.config, self.classes = config, classes
        self.training, self.validation = training, validation
        splits = [part for part in (training, validation) if part is not None]
        self._task = task or name_of_task(*splits)
        self.select_by = deciding_metric(config.settings.select_by, self._task, *splits)
        self.epochs: list[dict[str, Any]] = []
        self.seconds = 0.0
        self._vectors = self._load_vectors(vectors)
        self._language_model = language_model or language_model_of(config)
        self.tokenizer = self._tokenizer(other_texts)
        self.model = self._baseline() if config.kind == "baseline" else self._classifier()

    def _tokenizer(self, other_texts: Iterable[str]) -> Tokenizer | SubwordTokenizer:
        if self._language_model is not None:
            return SubwordTokenizer.load(self._language_model.tokenizer)
        return self._own_tokenizer(other_texts)

    def _own_tokenizer(self, other_texts: Iterable[str]) -> Tokenizer:
        """Return the tokenizer whose vocabulary is learned from the training split."""
        settings, texts = self.config.settings, self.training.all_texts()
        train_tokenizer = partial(
            Tokenizer.train,
            kind=settings.tokenizer,
            vocabulary_size=settings.vocabulary_size,
            min_frequency=settings.min_frequency,
        )
        vectors = self._vectors if settings.vocabulary == "vectors" else None
        others = [] if vectors is None else list(other_texts)

        def build() -> Tokenizer:
            tokenizer = train_tokenizer(texts)
            return tokenizer if vectors is None else tokenizer.with_words([*texts, *others], vectors)

        if not self._cache_tokens:
            return build()
        options = str(train_tokenizer.keywords)
        vectors_sha256 = "" if vectors is None else vectors.sha256
        empty = train_tokenizer([])  # its hash covers the rules that split texts
        return cached(
            digest(empty.sha256, options, vectors_sha256, texts, others), build, Tokenizer.load, Tokenizer.save
        )

    def _load_vectors(self, loaded: Vectors | None) -> Vectors | None:
        name = self.config.settings.vectors
        unused = name is None or self.config.kind == "baseline" or self.config.language_model is not None
        return None if name is None or unused else loaded or load_vectors(name)

    def _baseline(self) -> Model:
        baseline = BASELINES.build(self.config.encoder, len(self.classes))
        pairs = self.training.pairs is not None
        return Model(self.config, self.classes, self.tokenizer, baseline, task=self._task, pairs=pairs)

    def _classifier(self) -> Model:
        settings, pairs = self.config.settings, self.training.pairs is not None
        device = self._processes.device or resolve_device(settings.device)
        vocabulary = self.tokenizer.vocabulary if isinstance(self.tokenizer, Tokenizer) else []
        vectors = partial(embedding_matrix, vocabulary, self._vectors, settings.embedding_dim, settings.seed)
        with random_state(EPOCH_SEEDS * settings.seed, self._processes.device):
            classifier = build_within_memory(
                self.config,
                len(vocabulary),
                len(self.classes),
                pairs,
                device,
                vectors,
                language_model=self._language_model,
            )
        model = Model(
            self.config,
            self.classes,
            self.tokenizer,
            classifier,
            task=self._task,
            device=str(device),
            precision=resolve_precision(settings.precision, device),
            pairs=pairs,
            language_model=self._language_model,
        )
        if classifier.overlap is not None:
            batches = model.batches(self.training, cache_tokens=self._cache_tokens)
            assert batches.pairs is not None
            classifier.overlap.learn(vocabulary, batches.tokens, batches.pairs)
        classifier.to(device)
        return model

    @property
    def best_epoch(self) -> int:
        if not self.epochs:
            return 0
        if self.validation is None:
            return len(self.epochs)
        return max(self.epochs, key=lambda record: quality(record, self.select_by))["epoch"]

    @cached_property
    def batches(self) -> Batches:
        """The training split, tokenised."""
        settings = self.config.settings
        return self.model.batches(
            self.training,
            batch_size=settings.batch_size,
            batching=settings.batching,
            cache_tokens=self._cache_tokens,
            cache_states=True,
        )

    @cached_property
    def trainer(self) -> Trainer:
        """The classifier with its optimiser."""
        settings = self.config.settings
        return Trainer(
            self.model.classifier,
            self.model.task,
            precision=self.model.precision,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            clip_norm=settings.clip_norm,
            embedding_updates=settings.embedding_updates,
            steps=settings.epochs * self.batches.per_epoch,
            processes=self._processes,
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        started = time.perf_counter()
        if self.config.kind == "baseline":
            self.model.classifier.fit(self.model.targets(self.training), *self.model.inputs.cut(self.training))
        else:
            yield from self._train()
        self.seconds = time.perf_counter() - started

    def _train(self) -> Iterator[dict[str, Any]]:
        settings = self.config.settings
        for record in train(
            self.trainer,
            self.batches,
            self._validation(),
            epochs=settings.epochs,
            patience=settings.patience,
            seed=settings.seed,
        ):
            self.epochs.append(record)
            yield record

    def _validation(self) -> Validation | None:
        if self.validation is None:
            return None
        batches = self.model.batches(self.validation, cache_tokens=self._cache_tokens, cache_states=True)
        return Validation(batches, self.model.task, self.select_by, self.validation.groups)
