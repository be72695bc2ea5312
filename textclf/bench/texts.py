"""How costs grow with the number of texts: seconds and memory of whole runs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from textclf.bench.measurement import Measurement, Options, config_of, value_of
from textclf.config import RunConfig
from textclf.experiment.backends.processes import outcomes
from textclf.experiment.peak_memory import peak_memory_mb
from textclf.experiment.preparation import prepare
from textclf.training.device import use_one_core
from textclf.training.fit import Fit

WORDS_A_TEXT, VOCABULARY = 20, 30_000
PART = 100_000  # texts that are generated at once


def measure(options: Options) -> Iterator[Measurement]:
    """Runs over 1,000, 10,000, … generated texts, each in a process of its own."""
    size = 1000
    while size <= options.largest:
        yield from _texts(size)
        size *= 10


def _texts(size: int) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.parquet"
        generate(path, size)
        config = config_of({"encoder": "none", "pooling": "mean"}, str(path), epochs=1, patience=None)
        (outcome,) = outcomes(stages, [config], 1)
    found = value_of(outcome)
    for stage, seconds in found["seconds"].items():
        yield Measurement("texts", stage, str(size), "s", [seconds], {"threads": 1})
    yield Measurement("texts", "peak memory above the imports", str(size), "MiB", [found["memory"]])


def generate(path: Path, texts: int, seed: int = 0) -> None:
    """Write so many labelled texts of `WORDS_A_TEXT` words, as frequent as in a language; one word tells the label."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    random, vocabulary = np.random.default_rng(seed), np.array([f"w{rank}" for rank in range(VOCABULARY)], dtype=object)
    schema = pa.schema([("text", pa.string()), ("label", pa.string())])
    with parquet.ParquetWriter(path, schema) as file:
        for start in range(0, texts, PART):
            rows = min(PART, texts - start)
            words = (random.pareto(1.0, (rows, WORDS_A_TEXT)) * 50).astype(int).clip(max=VOCABULARY - 1)
            words[:, 3] = labels = random.integers(0, 2, rows)
            written = [" ".join(vocabulary[text]) for text in words]
            file.write_table(pa.table([written, labels.astype(str).tolist()], schema=schema))


def stages(config: RunConfig) -> dict[str, Any]:
    """Seconds of each stage of a run, and the most memory that it held above what its imports hold."""
    use_one_core()
    imports, seconds = peak_memory_mb(), {}

    def timed(stage: str, work: Any) -> Any:
        started = time.perf_counter()
        made = work()
        seconds[stage] = time.perf_counter() - started
        return made

    splits = timed("read and split", lambda: prepare(config).splits)
    fit = timed("learn the words", lambda: Fit(config, splits.train, splits.validation, splits.classes, keep=True))
    timed("tokenise", lambda: fit.batches)
    timed("train an epoch", lambda: list(fit))
    timed("predict the test split", lambda: fit.model.predict_proba(splits.test))
    return {"seconds": seconds, "memory": peak_memory_mb() - imports}
