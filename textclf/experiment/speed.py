"""How fast a model trains and predicts, alone on the machine: same batches, warm-up, median of repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
import torch

from textclf.config import RunConfig
from textclf.data.splits import Splits
from textclf.training.fit import Fit

REPEATS = 5
TRAINING_BATCHES = 12  # a repeat
INFERENCE_TEXTS = 500  # a repeat
LATENCY_TEXTS = 20


def measure_speed(config: RunConfig, splits: Splits) -> dict[str, Any]:
    """Measure a model that has learned next to nothing: how fast it is does not depend on what it knows.

    A baseline is trained once a repeat, on all texts.

    Returns
    -------
    dict
        ``train_examples_per_second``, ``train_tokens_per_second`` (forward, backward and update; tokens of an encoder
        are words, none of them pads), ``inference_examples_per_second`` (from strings to probabilities, many texts
        at once), ``inference_latency_ms`` (one text), ``repeats``.
    """
    fit = Fit(config, splits.train, None, splits.classes)
    examples, tokens, seconds = _train_baseline(fit) if config.kind == "baseline" else _train_steps(fit)
    texts = splits.test.take(np.arange(min(len(splits.test), INFERENCE_TEXTS)))
    single = [texts.take(np.array([row])) for row in range(min(len(texts), LATENCY_TEXTS))]
    return {
        "train_examples_per_second": examples / seconds,
        "train_tokens_per_second": tokens / seconds,
        "inference_examples_per_second": len(texts) / _seconds(lambda: fit.model.predict_proba(texts)),
        "inference_latency_ms": 1000 * _seconds(lambda: _each(fit.model.predict_proba, single)) / len(single),
        "repeats": REPEATS,
    }


def _train_steps(fit: Fit) -> tuple[int, int, float]:
    """Examples, words and seconds of the same few batches."""
    batches = list(islice(fit.batches.epoch(torch.Generator().manual_seed(0)), TRAINING_BATCHES))
    fit.model.classifier.train()

    def steps() -> None:
        torch.stack([fit.trainer.step(batch) for batch in batches]).sum().item()  # waits for the device

    return sum(len(batch.rows) for batch in batches), sum(batch.words for batch in batches), _seconds(steps)


def _train_baseline(fit: Fit) -> tuple[int, int, float]:
    return len(fit.training), int(fit.batches.tokens.lengths.sum()), _seconds(lambda: _each(list, [fit]))


def _each(function: Callable[[Any], object], arguments: Iterable[Any]) -> None:
    for argument in arguments:
        function(argument)


def _seconds(work: Callable[[], object]) -> float:
    """The median of `REPEATS` after one that is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)
