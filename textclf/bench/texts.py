"""The section on the number of texts: how a run's seconds and memory grow with this number."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from textclf.bench.growth import growth_chart
from textclf.bench.measurement import Measurement, Options, config_of, in_processes, splits_of
from textclf.bench.records import BenchRecord, BenchRecords, exponent, spread
from textclf.bench.section import Section
from textclf.config import RunConfig
from textclf.report.markdown_tables import markdown_table

WORDS_PER_TEXT, VOCABULARY = 20, 30_000
TEXTS_AT_ONCE = 100_000  # generated and written together
MEMORY = "peak memory above the imports"
T = TypeVar("T")


class TextCounts(Section):
    """Runs over 1,000, 10,000, … generated texts, each in a process of its own."""

    summary = "growth of a run's seconds and memory with the number of texts"

    def measure(self, options: Options) -> Iterator[Measurement]:
        size = 1000
        while size <= options.largest:
            yield from _run(size)
            size *= 10

    def page(self, records: BenchRecords) -> Iterable[str]:
        subjects = records.table("texts")
        sizes = list(next(iter(subjects.values())))
        stages = _stages(records)
        yield from ["", "## Growth with the number of texts", ""]
        yield (
            "A bag of embeddings is trained for one epoch on generated texts of 20 words, on one core, with a process "
            "for each size. The exponent is the slope between the two largest sizes on logarithmic scales: 1 is linear "
            "growth."
        )
        yield ""
        rows = [
            [stage, *(spread(by_size[size]) for size in sizes), _last_exponent(by_size)]
            for stage, by_size in stages.items()
        ]
        rows += [
            [f"{subject}, MiB", *(spread(by_size[size]) for size in sizes), ""]
            for subject, by_size in subjects.items()
            if subject not in stages
        ]
        yield from markdown_table(["seconds", *(f"{int(size):,} texts" for size in sizes), "exponent"], rows)
        yield from ["", "![Seconds of each stage against the number of texts](figures/texts.svg)"]

    def chart(self, records: BenchRecords) -> Any:
        return growth_chart(_stages(records), "texts", "texts", "stage")


def _stages(records: BenchRecords) -> dict[str, dict[str, BenchRecord]]:
    """The subjects that are measured in seconds: the stages of a run."""
    subjects = records.table("texts")
    return {name: by_size for name, by_size in subjects.items() if next(iter(by_size.values())).unit == "s"}


def _last_exponent(by_size: dict[str, BenchRecord]) -> str:
    """The exponent between the two largest sizes; a dash if there is one size only."""
    (*_, before, last) = [None, *by_size]
    if before is None or last is None:
        return "–"
    return f"{exponent([float(before), float(last)], [by_size[size].values[0] for size in (before, last)]):.2f}"


def _run(size: int) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.parquet"
        _generate(path, size)
        config = config_of({"encoder": "none", "pooling": "mean"}, str(path), epochs=1, patience=None)
        ((stages, memory),) = in_processes(measure_stages, [config], 1)
    for stage, seconds in stages.items():
        yield Measurement("texts", stage, str(size), "s", [seconds], {"threads": 1})
    yield Measurement("texts", MEMORY, str(size), "MiB", [memory])


def _generate(path: Path, texts: int, seed: int = 0) -> None:
    """Write labelled texts with the word frequencies of a language (Zipf's law); the fourth word decides the label."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    random, vocabulary = np.random.default_rng(seed), np.array([f"w{rank}" for rank in range(VOCABULARY)], dtype=object)
    schema = pa.schema([("text", pa.string()), ("label", pa.string())])
    with parquet.ParquetWriter(path, schema) as file:
        for start in range(0, texts, TEXTS_AT_ONCE):
            rows = min(TEXTS_AT_ONCE, texts - start)
            words = (random.pareto(1.0, (rows, WORDS_PER_TEXT)) * 50).astype(int).clip(max=VOCABULARY - 1)
            words[:, 3] = labels = random.integers(0, 2, rows)
            lines = [" ".join(vocabulary[text]) for text in words]
            file.write_table(pa.table([lines, labels.astype(str).tolist()], schema=schema))


def measure_stages(config: RunConfig) -> tuple[dict[str, float], float]:
    """Return the seconds of each stage of a run, and its peak memory in MiB minus the memory of the imports."""
    from textclf.experiment.execution import peak_memory_mb
    from textclf.training.device import use_one_core
    from textclf.training.fit import Fit

    use_one_core()
    imports = peak_memory_mb()
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = work()
        seconds[stage] = time.perf_counter() - started
        return result

    splits = timed("read and split", lambda: splits_of(config))
    fit = timed(
        "learn the words", lambda: Fit(config, splits.train, splits.validation, splits.classes, cache_tokens=True)
    )
    timed("tokenise", lambda: fit.batches)
    timed("train an epoch", lambda: list(fit))
    timed("predict the test split", lambda: fit.model.predict_proba(splits.test))
    return seconds, peak_memory_mb() - imports
