"""Speed of training and prediction: measured during a run, or alone with warm-up and repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
import torch

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.data.splits import Splits
from textclf.training.fit import Fit

REPEATS = 5
TRAINING_BATCHES = 12  # in each repeat
INFERENCE_TEXTS = 500  # in each repeat
LATENCY_TEXTS = 20  # in each repeat, one by one
LANGUAGE_MODEL_TEXTS, LANGUAGE_MODEL_LATENCY_TEXTS = 32, 4  # the same for a language model, which is slower
RUN_LATENCY_TEXTS = 10  # in a run, one by one


def observed_speed(fit: Fit, splits: Splits, test_seconds: float) -> dict[str, float]:
    """Return the speed during a run, while other runs may use the machine; reports use `measure_speed` instead.

    Parameters
    ----------
    fit : Fit
        The finished training.
    splits : Splits
    test_seconds : float
        The time that predicting the test split took.
    """
    examples = sum(record["examples"] for record in fit.epochs) or len(splits.train)
    tokens = sum(record["tokens"] for record in fit.epochs) or int(fit.batches.tokens.lengths.sum())
    seconds = sum(record["seconds"] for record in fit.epochs) or fit.seconds
    single = _single_texts(splits.test, RUN_LATENCY_TEXTS)
    started = time.perf_counter()
    _call_each(fit.model.predict_proba, single)
    return {
        "train_examples_per_second": examples / seconds,
        "train_tokens_per_second": tokens / seconds,
        "inference_examples_per_second": len(splits.test) / test_seconds,
        "inference_latency_ms": 1000 * (time.perf_counter() - started) / len(single),
    }


def measure_speed(config: RunConfig, splits: Splits) -> dict[str, Any]:
    """Measure the speed of a model; nothing else should run on the machine.

    The model is trained for a few steps only, because its speed does not depend on its weights. A baseline is fitted
    to all texts in each repeat.

    Returns
    -------
    dict
        ``train_examples_per_second``, ``train_tokens_per_second`` (forward pass, backward pass and update; padding does
        not count), ``inference_examples_per_second`` (from strings to probabilities, many texts at once),
        ``inference_latency_ms`` (one text), ``repeats``.
    """
    fit = Fit(config, splits.train, None, splits.classes)
    examples, tokens, seconds = _train_baseline(fit) if config.kind == "baseline" else _train_steps(fit)
    most, most_single = INFERENCE_TEXTS, LATENCY_TEXTS
    if config.language_model is not None:
        most, most_single = LANGUAGE_MODEL_TEXTS, LANGUAGE_MODEL_LATENCY_TEXTS
    texts = splits.test.take(np.arange(min(len(splits.test), most)))
    single = _single_texts(texts, most_single)
    return {
        "train_examples_per_second": examples / seconds,
        "train_tokens_per_second": tokens / seconds,
        "inference_examples_per_second": len(texts) / _seconds(lambda: fit.model.predict_proba(texts)),
        "inference_latency_ms": 1000 * _seconds(lambda: _call_each(fit.model.predict_proba, single)) / len(single),
        "repeats": REPEATS,
    }


def _train_steps(fit: Fit) -> tuple[int, int, float]:
    """Return the number of examples and tokens of a few batches, and the median seconds to train on them."""
    batches = list(islice(fit.batches.epoch(torch.Generator().manual_seed(0)), TRAINING_BATCHES))
    fit.model.classifier.train()

    def steps() -> None:
        torch.stack([fit.trainer.step(batch) for batch in batches]).sum().item()  # waits for the device

    return sum(len(batch.rows) for batch in batches), sum(batch.words for batch in batches), _seconds(steps)


def _train_baseline(fit: Fit) -> tuple[int, int, float]:
    """Return the number of examples and tokens, and the median seconds to fit the baseline."""
    return len(fit.training), int(fit.batches.tokens.lengths.sum()), _seconds(lambda: _call_each(list, [fit]))


def _single_texts(examples: Examples, limit: int) -> list[Examples]:
    return [examples.take(np.array([row])) for row in range(min(len(examples), limit))]


def _call_each(function: Callable[[Any], object], arguments: Iterable[Any]) -> None:
    for argument in arguments:
        function(argument)


def _seconds(work: Callable[[], object]) -> float:
    """Return the median seconds of `REPEATS` calls, after one call that does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)
