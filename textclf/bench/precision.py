"""The section on precision: a training step in float32 and in bfloat16, and the choice of ``precision: auto``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Any

from textclf.bench.measurement import BATCHES, DOCUMENTS, Measurement, Options, name_of, seconds_of
from textclf.bench.records import BenchRecord, BenchRecords, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table

LONG = DOCUMENTS | {"max_tokens": 400, "train_rows": 1000}
LONG_BATCHES = 8
FOR_DOCUMENTS = {"encoder": "hierarchical"}
# percent by which a step in the precision of `auto` may take longer than in the faster one, with an LSTM and without
GOALS = {True: 5, False: 15}


class Precision(Section):
    """Milliseconds of a step of every model in each precision: on a CPU, the CPU time of the thread."""

    summary = "one training step in float32 and in bfloat16, and the choice of precision: auto"

    def measure(self, options: Options) -> Iterator[Measurement]:
        from textclf.training.device import use_one_core

        use_one_core()
        for model in options.chosen_models():
            yield from _steps(model, name_of(model), options.sentences, BATCHES, options.repeats, {})
        for model in (*options.chosen_models(), FOR_DOCUMENTS):
            subject = f"{name_of(model)}, documents"
            yield from _steps(model, subject, options.documents, LONG_BATCHES, options.repeats, LONG)

    def page(self, records: BenchRecords) -> Iterable[str]:
        yield from ["", "## Precision of training: milliseconds per batch, one core", ""]
        models = records.table("precision")
        losses = {model: _loss_of_auto(variants) for model, variants in models.items()}
        yield (
            "A training step over 50 sentences, or over 32 documents of up to 400 words, in float32 and in bfloat16. "
            "`precision: auto` times a small LSTM on the machine and chooses one of them. The last column is "
            "how much longer a step takes in the chosen precision than in the faster one."
        )
        yield ""
        rows = [
            [
                model,
                spread(variants["float32"]),
                spread(variants["bfloat16"]),
                variants["float32"].detail["auto"],
                f"**{losses[model]:.0f} %**",
            ]
            for model, variants in models.items()
        ]
        yield from markdown_table(["model", "float32", "bfloat16", "`auto`", "time above the faster one"], rows)
        worst = []
        for has_lstm, kind in ((True, "with an LSTM"), (False, "without one")):
            of_kind = [losses[model] for model, each in models.items() if each["float32"].detail["lstm"] == has_lstm]
            worst += [f"{kind} at most {max(of_kind):.0f} % (goal {GOALS[has_lstm]} %)"] if of_kind else []
        yield from ["", f"Time above the faster one: {', '.join(worst)}."]


def _loss_of_auto(variants: dict[str, BenchRecord]) -> float:
    """Percent by which a step takes longer in the precision that ``auto`` chooses than in the better one."""
    medians = {precision: median(record.values) for precision, record in variants.items()}
    return 100 * (medians[variants["float32"].detail["auto"]] / min(medians.values()) - 1)


def _steps(
    model: dict[str, Any], subject: str, dataset: str, count: int, repeats: int, settings: Mapping[str, Any]
) -> Iterator[Measurement]:
    """A step of one model in each precision, as the mean over ``count`` batches."""
    from torch import nn

    from textclf.bench.workloads import first_batches, fit_of, train_on
    from textclf.training.bfloat16 import PRECISIONS, resolve_precision

    fits = [fit_of(model, dataset, **settings, precision=precision) for precision in PRECISIONS]
    batches = first_batches(fits[0], count)
    for fit in fits:
        fit.model.classifier.train()
    device = fits[0].trainer.device
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    times = seconds_of(*(partial(train_on, fit, batches) for fit in fits), repeats=repeats, clock=clock)
    has_lstm = any(isinstance(module, nn.LSTM) for module in fits[0].model.classifier.modules())
    detail = {"threads": 1, "auto": resolve_precision("auto", device), "lstm": has_lstm}
    for precision, seconds in zip(PRECISIONS, times, strict=True):
        values = [1000 * repeat / len(batches) for repeat in seconds]
        yield Measurement("precision", subject, precision, "ms a batch", values, detail)
