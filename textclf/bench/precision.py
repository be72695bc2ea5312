"""One training step in float32 and in bfloat16, and which of them ``precision: auto`` chooses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import nn

from textclf.bench.measurement import DOCUMENTS, Measurement, Options, name_of, seconds_of
from textclf.bench.step import BATCHES, fit_of, steps
from textclf.training.bfloat16 import PRECISIONS, resolve_precision
from textclf.training.device import use_one_core

LONG = DOCUMENTS | {"max_tokens": 400, "train_rows": 1000}
LONG_BATCHES = 8
FOR_DOCUMENTS = {"encoder": "hierarchical"}


def measure(options: Options) -> Iterator[Measurement]:
    """Milliseconds of a step of every model in each precision: the thread's own time, where the CPU computes."""
    use_one_core()
    for model in options.chosen():
        yield from _steps(model, name_of(model), options.sentences, BATCHES, options.repeats)
    for model in (*options.chosen(), FOR_DOCUMENTS):
        yield from _steps(model, f"{name_of(model)}, documents", options.documents, LONG_BATCHES, options.repeats, LONG)


def _steps(
    model: dict[str, Any],
    subject: str,
    dataset: str,
    count: int,
    repeats: int,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Measurement]:
    fits = [fit_of(model, dataset, **(settings or {}), precision=precision) for precision in PRECISIONS]
    batches = list(islice(fits[0].batches.epoch(torch.Generator().manual_seed(0)), count))
    for fit in fits:
        fit.model.classifier.train()
    device = fits[0].trainer.device
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    times = seconds_of(*(partial(steps, fit, batches) for fit in fits), repeats=repeats, clock=clock)
    has_lstm = any(isinstance(module, nn.LSTM) for module in fits[0].model.classifier.modules())
    detail = {"threads": 1, "auto": resolve_precision("auto", device), "lstm": has_lstm}
    for precision, seconds in zip(PRECISIONS, times, strict=True):
        yield Measurement(
            "precision", subject, precision, "ms a batch", [1000 * one / len(batches) for one in seconds], detail
        )
