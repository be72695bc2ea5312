"""The section on the length of texts: how the seconds of a training step grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from textclf.bench.growth import growth_chart
from textclf.bench.measurement import Measurement, Options, config_of, in_processes, name_of, seconds_of
from textclf.bench.records import BenchRecords, exponent, rounded
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048]
BATCH = 4  # texts: few, so that the match matrices of texts of 2,048 words fit into memory
VOCABULARY = 30_000
LONG = 256  # words; the exponent is fitted from here on, where the fastest-growing term dominates


class TextLengths(Section):
    """Seconds of a training step of every model on texts of each length, each model in a process of its own."""

    summary = "growth of a training step's seconds with the length of texts"

    def measure(self, options: Options) -> Iterator[Measurement]:
        for model in options.chosen_models():
            (by_length,) = in_processes(step_seconds, [(model, options.repeats)], 1)
            for length, values in by_length.items():
                yield Measurement("lengths", name_of(model), str(length), "s a step", values, {"texts": BATCH})

    def page(self, records: BenchRecords) -> Iterable[str]:
        models = records.table("lengths")
        first = next(iter(models.values()))
        lengths, texts = list(first), next(iter(first.values())).detail["texts"]
        title = f"## Growth with the length of texts: milliseconds per training step of {texts} texts, one core"
        yield from ["", title, ""]
        yield f"The exponent is fitted to lengths of at least {LONG} words: 1 is linear growth, 2 quadratic."
        yield ""
        long = [length for length in lengths if int(length) >= LONG]
        rows = []
        for model, by_length in models.items():
            medians = {length: median(record.values) for length, record in by_length.items()}
            slope = exponent(map(float, long), [medians[length] for length in long])
            rows.append([model, *(rounded(1000 * medians[length]) for length in lengths), f"{slope:.2f}"])
        yield from markdown_table(["model", *(f"{length} words" for length in lengths), "exponent"], rows)
        yield from ["", "![Seconds of a training step against the length of texts](figures/lengths.svg)"]

    def chart(self, records: BenchRecords) -> Any:
        return growth_chart(records.table("lengths"), "words", "words a text", "model")


def step_seconds(job: tuple[dict[str, Any], int]) -> dict[int, list[float]]:
    """Seconds of a training step on `BATCH` generated texts, for each of `LENGTHS`."""
    import torch

    from textclf.data.batching import Batches
    from textclf.data.tokens import Tokens
    from textclf.tasks import task_of
    from textclf.training.bfloat16 import resolve_precision
    from textclf.training.building import build_classifier
    from textclf.training.device import resolve_device, use_one_core
    from textclf.training.loop import Trainer

    use_one_core()
    model, repeats = job
    config = config_of(model, "generated", max_tokens=LENGTHS[-1])
    settings, device = config.settings, resolve_device(config.settings.device)
    random = np.random.default_rng(0)
    vectors = torch.from_numpy(random.normal(size=(VOCABULARY, settings.embedding_dim)).astype(np.float32))
    trainer = Trainer(
        build_classifier(config, vectors, 2).to(device),
        task_of("single_label"),
        precision=resolve_precision(settings.precision, device),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        clip_norm=settings.clip_norm,
        embedding_updates=settings.embedding_updates,
    )
    trainer.classifier.train()
    seconds = {}
    for length in LENGTHS:
        ids = random.integers(2, VOCABULARY, BATCH * length).astype(np.int32)
        tokens = Tokens(ids, np.arange(BATCH + 1, dtype=np.int64) * length)
        (batch,) = Batches(tokens, np.arange(BATCH) % 2, batch_size=BATCH, device=device).in_order()
        (seconds[length],) = seconds_of(partial(trainer.step, batch), repeats=repeats)
    return seconds
