"""One training step in float32 and in bfloat16, and which of them ``precision: auto`` chooses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice

import torch
from torch import nn

from textclf.bench.measurement import Measurement, Options, name_of, seconds_of
from textclf.bench.step import BATCHES, fit_of, steps
from textclf.training.device import use_one_core
from textclf.training.precision import PRECISIONS, resolve_precision


def measure(options: Options) -> Iterator[Measurement]:
    """Milliseconds of a step of every model in each precision: the thread's own time, where the CPU computes."""
    use_one_core()
    for model in options.chosen():
        fits = [fit_of(model, options.sentences, precision=precision) for precision in PRECISIONS]
        batches = list(islice(fits[0].batches.epoch(torch.Generator().manual_seed(0)), BATCHES))
        for fit in fits:
            fit.model.classifier.train()
        device = fits[0].trainer.device
        clock = time.thread_time if device.type == "cpu" else time.perf_counter
        works = [partial(steps, fit, batches) for fit in fits]
        times = seconds_of(*works, repeats=options.repeats, clock=clock)
        has_lstm = any(isinstance(module, nn.LSTM) for module in fits[0].model.classifier.modules())
        detail = {"threads": 1, "auto": resolve_precision("auto", device), "lstm": has_lstm}
        for precision, seconds in zip(PRECISIONS, times, strict=True):
            values = [1000 * one / BATCHES for one in seconds]
            yield Measurement("precision", name_of(model), precision, "ms a batch", values, detail)
