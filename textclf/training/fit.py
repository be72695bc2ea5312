"""From labelled texts to a trained model, the same way for the grid, the command line and the Python face."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from typing import Any

import torch

from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.vectors import Vectors, embedding_matrix, load_vectors
from textclf.encoders.baselines import BASELINES
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import random_state, resolve_device
from textclf.training.loop import EPOCH_SEEDS, Metric, Trainer, quality, train
from textclf.training.model import Model, build_classifier, check_memory
from textclf.training.parallel import ALONE, Processes


class Fit:
    """One training. Iterate it for the epoch records; then ``model`` is trained.

    Parameters
    ----------
    config : RunConfig
    training : Examples
    validation : Examples or None
        Decides which epoch is best and when to stop; None: neither.
    classes : tuple of str
        Every label.
    other_texts : iterable of str
        Texts of the validation and test splits. With ``vocabulary: vectors`` the tokenizer also keeps the words of all
        three splits that the vector file has, whatever ``min_frequency`` and ``vocabulary_size`` say, as published
        set-ups do. Nothing else is learned from these texts.
    metric : callable, optional
        Of validation labels and probabilities: what makes an epoch the best, in place of accuracy.
    vectors : Vectors, optional
        Those that the configuration names, where they are loaded already.
    keep : bool, default False
        Keep what tokenising gives in the cache, for the next run that reads the same texts.
    processes : Processes
        Those that train the model together, each making the same `Fit`; by default this one alone.

    Attributes
    ----------
    model : Model
    epochs : list of dict
        The records so far.
    best_epoch : int
        0 for a baseline.
    seconds : float
        Time spent in training and validation, without loading.
    """

    def __init__(
        self,
        config: RunConfig,
        training: Examples,
        validation: Examples | None,
        classes: tuple[str, ...],
        other_texts: Iterable[str] = (),
        metric: Metric | None = None,
        vectors: Vectors | None = None,
        keep: bool = False,
        processes: Processes = ALONE,
    ) -> None:
        self._metric, self._keep, self._processes = metric, keep, processes
        self.config, self.classes = config, classes
        self.training, self.validation = training, validation
        self.epochs: list[dict[str, Any]] = []
        self.seconds = 0.0
        self._vectors = self._load_vectors(vectors)
        self.tokenizer = self._tokenizer(other_texts)
        self.model = self._baseline() if config.kind == "baseline" else self._classifier()

    def _tokenizer(self, other_texts: Iterable[str]) -> Tokenizer:
        settings, texts = self.config.settings, self.training.all_texts()
        learn = partial(
            Tokenizer.train,
            kind=settings.tokenizer,
            vocabulary_size=settings.vocabulary_size,
            min_frequency=settings.min_frequency,
        )
        added = self._vectors if settings.vocabulary == "vectors" else None
        others = [] if added is None else list(other_texts)

        def learned() -> Tokenizer:
            tokenizer = learn(texts)
            return tokenizer if added is None else tokenizer.with_words([*texts, *others], added.words)

        if not self._keep:
            return learned()
        key = digest(learn([]).sha256, str(learn.keywords), "" if added is None else added.sha256, texts, others)
        return cached(key, learned, Tokenizer.load, Tokenizer.save)

    def _load_vectors(self, given: Vectors | None) -> Vectors | None:
        name = self.config.settings.vectors
        return None if name is None or self.config.kind == "baseline" else given or load_vectors(name)

    def _baseline(self) -> Model:
        baseline = BASELINES.build(self.config.encoder, len(self.classes))
        return Model(self.config, self.classes, self.tokenizer, baseline, pairs=self.training.pairs is not None)

    def _classifier(self) -> Model:
        settings, pairs = self.config.settings, self.training.pairs is not None
        device = self._processes.device or resolve_device(settings.device)
        check_memory(self.config, len(self.tokenizer.vocabulary), len(self.classes), pairs, device)
        matrix = embedding_matrix(self.tokenizer.vocabulary, self._vectors, settings.embedding_dim, settings.seed)
        with random_state(EPOCH_SEEDS * settings.seed, self._processes.device):
            classifier = build_classifier(self.config, torch.from_numpy(matrix), len(self.classes), pairs)
        precision = resolve_precision(settings.precision, device)
        model = Model(self.config, self.classes, self.tokenizer, classifier, str(device), precision, pairs)
        if classifier.overlap is not None:
            batches = model.batches(self.training, keep=self._keep)
            assert batches.pairs is not None
            classifier.overlap.learn(self.tokenizer.vocabulary, batches.tokens, batches.pairs)
        classifier.to(device)
        return model

    @property
    def best_epoch(self) -> int:
        if not self.epochs:
            return 0
        if self.validation is None:
            return len(self.epochs)
        return max(self.epochs, key=quality)["epoch"]

    @cached_property
    def batches(self) -> Batches:
        """The training split, tokenised."""
        settings = self.config.settings
        return self.model.batches(
            self.training, batch_size=settings.batch_size, batching=settings.batching, keep=self._keep
        )

    @cached_property
    def trainer(self) -> Trainer:
        """The classifier with its optimiser."""
        settings = self.config.settings
        return Trainer(
            self.model.classifier,
            precision=self.model.precision,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            clip_norm=settings.clip_norm,
            embedding_updates=settings.embedding_updates,
            processes=self._processes,
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        started = time.perf_counter()
        if self.model.is_baseline:
            self.model.classifier.fit(self.model.label_indices(self.training), *self.model.cut(self.training))
        else:
            yield from self._train()
        self.seconds = time.perf_counter() - started

    def _train(self) -> Iterator[dict[str, Any]]:
        settings = self.config.settings
        validation = None if self.validation is None else self.model.batches(self.validation, keep=self._keep)
        for record in train(
            self.trainer,
            self.batches,
            validation,
            epochs=settings.epochs,
            patience=settings.patience,
            seed=settings.seed,
            metric=self._metric,
        ):
            self.epochs.append(record)
            yield record
