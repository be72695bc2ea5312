"""How a training step's cost grows with the length of its texts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from textclf.bench.measurement import Measurement, Options, config_of, name_of, seconds_of, value_of
from textclf.data.batching import Batches
from textclf.data.tokens import Tokens
from textclf.experiment.backends.processes import outcomes
from textclf.tasks import task_of
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import resolve_device, use_one_core
from textclf.training.loop import Trainer
from textclf.training.model import build_classifier

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048]
BATCH = 4  # texts of 2,048 words whose match matrices fit into memory
VOCABULARY = 30_000


def measure(options: Options) -> Iterator[Measurement]:
    """Every model, in a process of its own."""
    for model in options.chosen():
        (outcome,) = outcomes(step_seconds, [(model, options.repeats)], 1)
        for length, values in value_of(outcome).items():
            yield Measurement("lengths", name_of(model), str(length), "s a step", values, {"texts": BATCH})


def step_seconds(job: tuple[dict[str, Any], int]) -> dict[int, list[float]]:
    """Seconds of a training step over `BATCH` texts of each of `LENGTHS`."""
    use_one_core()
    model, repeats = job
    config = config_of(model, "generated", max_tokens=LENGTHS[-1])
    settings, device = config.settings, resolve_device(config.settings.device)
    random = np.random.default_rng(0)
    table = torch.from_numpy(random.normal(size=(VOCABULARY, settings.embedding_dim)).astype(np.float32))
    trainer = Trainer(
        build_classifier(config, table, 2).to(device),
        task_of("single_label"),
        precision=resolve_precision(settings.precision, device),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        clip_norm=settings.clip_norm,
    )
    trainer.classifier.train()
    found = {}
    for length in LENGTHS:
        ids = random.integers(2, VOCABULARY, BATCH * length).astype(np.int32)
        tokens = Tokens(ids, np.arange(BATCH + 1, dtype=np.int64) * length)
        (batch,) = Batches(tokens, np.arange(BATCH) % 2, batch_size=BATCH, device=device).in_order()
        (found[length],) = seconds_of(partial(trainer.step, batch), repeats=repeats)
    return found
