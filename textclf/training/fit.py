"""From labelled texts to a trained model, the same way for the grid, the command line and the Python face."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch

from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.vectors import Vectors, embedding_matrix, load_vectors
from textclf.encoders.baselines import BASELINES
from textclf.training.device import random_state, resolve_device, resolve_precision
from textclf.training.loop import EPOCH_SEEDS, Trainer, train
from textclf.training.model import Model, build_classifier


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
        Texts of the validation and test splits: with ``vocabulary: vectors`` their words are kept where the vector
        file knows them, as published set-ups do. Nothing else is learned from them.

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
    ) -> None:
        self.config, self.classes = config, classes
        self.training, self.validation = training, validation
        self.epochs: list[dict[str, Any]] = []
        self.seconds = 0.0
        settings = config.settings
        self._vectors = self._load_vectors()
        keep = other_texts if self._vectors is not None and settings.vocabulary == "vectors" else ()
        self.tokenizer = Tokenizer.train(
            training.texts,
            kind=settings.tokenizer,
            vocabulary_size=settings.vocabulary_size,
            min_frequency=settings.min_frequency,
        ).with_words(keep, known=self._vectors.words if self._vectors is not None else {})
        self.model = self._baseline() if config.encoder.part in BASELINES else self._classifier()

    def _load_vectors(self) -> Vectors | None:
        name = self.config.settings.vectors
        return load_vectors(name) if name is not None and self.config.encoder.part not in BASELINES else None

    def _baseline(self) -> Model:
        return Model(self.config, self.classes, self.tokenizer, BASELINES.build(self.config.encoder, len(self.classes)))

    def _classifier(self) -> Model:
        settings = self.config.settings
        device = resolve_device(settings.device)
        matrix = embedding_matrix(self.tokenizer.vocabulary, self._vectors, settings.embedding_dim, settings.seed)
        with random_state(EPOCH_SEEDS * settings.seed):
            classifier = build_classifier(self.config, torch.from_numpy(matrix), len(self.classes)).to(device)
        precision = resolve_precision(settings.precision, device)
        return Model(self.config, self.classes, self.tokenizer, classifier, str(device), precision)

    @property
    def best_epoch(self) -> int:
        if not self.epochs:
            return 0
        if self.validation is None:
            return len(self.epochs)
        best = max(self.epochs, key=lambda record: (record["validation_accuracy"], -record["validation_loss"]))
        return best["epoch"]

    @cached_property
    def batches(self) -> Batches:
        """The training split, tokenised."""
        return self._batches(self.training)

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
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        started = time.perf_counter()
        if self.model.is_baseline:
            texts = self.tokenizer.cut(self.training.texts, self.config.settings.max_tokens)
            self.model.classifier.fit(texts, self._labels(self.training))
        else:
            yield from self._train()
        self.seconds = time.perf_counter() - started

    def _train(self) -> Iterator[dict[str, Any]]:
        settings = self.config.settings
        validation = None if self.validation is None else self._batches(self.validation)
        for record in train(
            self.trainer,
            self.batches,
            validation,
            epochs=settings.epochs,
            patience=settings.patience,
            seed=settings.seed,
        ):
            self.epochs.append(record)
            yield record

    def _batches(self, examples: Examples) -> Batches:
        settings = self.config.settings
        return Batches(
            self.tokenizer.encode(examples.texts, settings.max_tokens),
            self._labels(examples),
            batch_size=settings.batch_size,
            batching=settings.batching,
        )

    def _labels(self, examples: Examples) -> np.ndarray:
        index = {label: position for position, label in enumerate(self.classes)}
        return np.array([index[label] for label in examples.labels or ()], dtype=np.int64)
