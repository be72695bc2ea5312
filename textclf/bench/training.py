"""The section on training: examples a second on all cores, compared with peers on all cores; and test accuracy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from textclf.bench.measurement import (
    DOCUMENTS,
    EPOCHS,
    FLAGSHIP,
    SEEDS,
    SENTENCES,
    Measurement,
    Options,
    config_of,
    name_of,
    splits_of,
)
from textclf.bench.peers import Peer, find_peers, task_of, write_splits
from textclf.bench.records import BenchRecord, BenchRecords, median_of, ratio, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table, plus_minus
from textclf.statistics.intervals import mean_interval

STEPS = {"sentences": None, "documents": 8}  # batches in a peer's epoch (None: all); peers are slow on documents
KERAS_STEPS = 60
GRID_RUNS = 8


class Training(Section):
    """Rates of training on sentences and on documents; the rate and the accuracy of whole runs."""

    summary = "training, in examples a second on all cores, compared with peers; test accuracy"

    def measure(self, options: Options) -> Iterator[Measurement]:
        peers, models = find_peers(options.peers), options.chosen_models()
        yield from _rates(options, peers, "sentences", options.sentences, SENTENCES, models)
        if FLAGSHIP not in models:
            return
        yield from _rates(options, peers, "documents", options.documents, DOCUMENTS, (FLAGSHIP,))
        yield from _whole_runs(options, peers)

    def page(self, records: BenchRecords) -> Iterable[str]:
        if records.table("training"):
            yield from ["", "## Training: examples per second on all cores", ""]
            yield (
                "textclf trains one model per core, each with one thread; the other tools train one model with one "
                "thread per core. The factor after a tool's rate is the rate of textclf divided by it. The last column "
                "includes all other work of a grid: starting processes, reading data, validation, test predictions."
            )
            yield ""
            yield from training_table(records)
            yield from ["", "![Training examples a second, textclf and the tutorial loop](figures/training.svg)"]
        if records.table("accuracy"):
            yield from ["", "### Test accuracy of the timed models", ""]
            yield from (_accuracy(*item) for item in records.table("accuracy").items())

    def chart(self, records: BenchRecords) -> Any:
        models = records.table("training")
        points = [
            {"model": model, "who": name, "rate": median_of(variants[name])}
            for model, variants in models.items()
            for name in ("textclf", "tutorial")
            if name in variants
        ]
        if not points:
            return None
        return (
            alt.Chart(pd.DataFrame(points), width=420, height=alt.Step(22))
            .mark_point(filled=True, size=70, opacity=1)
            .encode(
                x=alt.X("rate:Q", scale=alt.Scale(type="log"), title="training examples a second (log scale)"),
                y=alt.Y("model:N", sort=list(models), title=None, axis=alt.Axis(grid=True)),
                color=alt.Color("who:N", title=None, scale=alt.Scale(range=["#d95f02", "#4c78a8"])),
            )
        )


def training_table(records: BenchRecords) -> Iterable[str]:
    """The table of training rates; a peer's rate is followed by the factor by which textclf is faster."""

    def peer_cell(textclf: BenchRecord, peer: BenchRecord | None) -> str:
        return "–" if peer is None else f"{spread(peer)} {ratio(textclf, peer)}"

    rows = [
        [
            model,
            spread(variants["textclf"]),
            *(peer_cell(variants["textclf"], variants.get(peer)) for peer in ("tutorial", "keras", "flair")),
            spread(variants.get("textclf, whole runs")),
        ]
        for model, variants in records.table("training").items()
    ]
    header = ["model", "textclf", "tutorial loop", "Keras", "Flair", "textclf, whole runs"]
    return markdown_table(header, rows)


def _accuracy(model: str, variants: dict[str, BenchRecord]) -> str:
    first = next(iter(variants.values()))
    means = ", ".join(f"{name} {plus_minus(mean_interval(record.values))}" for name, record in variants.items())
    return (
        f"{model}, {first.detail['epochs']} epochs, {len(first.values)} seeds, in percent, ± half of the 95 % t "
        f"interval: {means}."
    )


def _rates(
    options: Options,
    peers: Mapping[str, Peer],
    kind: str,
    dataset: str,
    settings: Mapping[str, Any],
    models: tuple[dict[str, Any], ...],
) -> Iterator[Measurement]:
    """Yield the rates of textclf with one run per core, and of each peer that can train the model on such texts."""
    from textclf.bench.workloads import rates_side_by_side
    from textclf.training.processor import cores

    splits = splits_of(config_of(FLAGSHIP, dataset, **settings))
    with tempfile.TemporaryDirectory() as folder:
        write_splits(splits, Path(folder))
        for model in models:
            subject = f"{name_of(model)}, {kind}"
            config = config_of(model, dataset, epochs=1 + options.repeats, patience=None, **settings)
            rates, precision = rates_side_by_side(config, cores())
            detail = {"runs side by side": cores(), "threads": 1, "precision": precision}
            yield Measurement("training", subject, "textclf", "examples/s", rates, detail)
            for peer in peers.values():
                if peer.name == "tutorial" or (model == FLAGSHIP and kind == "sentences"):
                    steps = KERAS_STEPS if peer.name == "keras" else STEPS[kind]
                    yield _peer_rates(peer, subject, task_of(folder, config, steps))


def _peer_rates(peer: Peer, subject: str, task: dict[str, Any]) -> Measurement:
    result = peer.measure(task)
    rates = [epoch["examples"] / epoch["seconds"] for epoch in result["epochs"][1:]]
    detail = {"threads": task["threads"], "precision": "float32", "versions": result["versions"]}
    return Measurement("training", subject, peer.name, "examples/s", rates, detail)


def _whole_runs(options: Options, peers: Mapping[str, Peer]) -> Iterator[Measurement]:
    """Yield the rate of a grid from its start to its last row, and the accuracies of the grid and the tutorial loop."""
    from textclf.bench.workloads import timed_grid
    from textclf.training.processor import cores

    config = config_of(FLAGSHIP, options.sentences, epochs=EPOCHS, patience=None)
    subject = f"{name_of(FLAGSHIP)}, sentences"
    rows, seconds = timed_grid(config, subject, range(1, 1 + GRID_RUNS))
    rate = sum(epoch.examples for row in rows for epoch in row.epochs) / seconds
    detail: dict[str, Any] = {"runs side by side": cores(), "threads": 1, "precision": rows[0].provenance.precision}
    yield Measurement("training", subject, "textclf, whole runs", "examples/s", [rate], detail)
    accuracies = [row.metrics["test"]["accuracy"] for row in rows if row.seed in SEEDS]
    yield Measurement("accuracy", subject, "textclf", "accuracy", accuracies, detail | {"epochs": EPOCHS})
    if "tutorial" in peers:
        with tempfile.TemporaryDirectory() as folder:
            write_splits(splits_of(config), Path(folder))
            results = [peers["tutorial"].measure(task_of(folder, config, seed=seed)) for seed in SEEDS]
        detail = {"threads": cores(), "precision": "float32", "versions": results[0]["versions"], "epochs": EPOCHS}
        values = [result["test_accuracy"] for result in results]
        yield Measurement("accuracy", subject, "tutorial", "accuracy", values, detail)
