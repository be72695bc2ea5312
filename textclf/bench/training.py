"""Training: examples a second of a grid that uses all cores, beside those of peers that use all cores too."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textclf.bench.measurement import (
    DOCUMENTS,
    FLAGSHIP,
    MODELS,
    SENTENCES,
    Measurement,
    Options,
    config_of,
    name_of,
    splits_of,
    value_of,
)
from textclf.bench.peers import Peer, find_peers, write_splits
from textclf.config import RunConfig
from textclf.experiment import worker
from textclf.experiment.backends.processes import outcomes
from textclf.experiment.preparation import data_of
from textclf.experiment.spec import Job, Run
from textclf.training.device import use_one_core
from textclf.training.fit import Fit
from textclf.training.processor import cores

STEPS = {"sentences": None, "documents": 8}  # batches that end a peer's epoch: packed, a document takes half a second
KERAS_STEPS = 60
SEEDS = range(1, 6)  # of the comparison of accuracies
EPOCHS = 4
GRID_RUNS = 8


def measure(options: Options) -> Iterator[Measurement]:
    """Every model on sentences, one on documents; then whole runs, and their accuracy."""
    peers, models = find_peers(options.peers), options.chosen()
    yield from _dataset(options, peers, "sentences", options.sentences, SENTENCES, models)
    if FLAGSHIP not in models:
        return
    yield from _dataset(options, peers, "documents", options.documents, DOCUMENTS, (FLAGSHIP,))
    yield from _whole_runs(options, peers)


def _dataset(
    options: Options,
    peers: Mapping[str, Peer],
    kind: str,
    dataset: str,
    settings: Mapping[str, Any],
    models: tuple[dict[str, Any], ...],
) -> Iterator[Measurement]:
    splits = splits_of(config_of(FLAGSHIP, dataset, **settings))
    with tempfile.TemporaryDirectory() as folder:
        write_splits(splits, Path(folder))
        for model in models:
            subject = f"{name_of(model)}, {kind}"
            config = config_of(model, dataset, epochs=1 + options.repeats, patience=None, **settings)
            yield Measurement("training", subject, "textclf", "examples/s", *_grid(config))
            for peer in peers.values() if model == FLAGSHIP else [peers[name] for name in peers if name == "tutorial"]:
                if kind == "sentences" or peer.name == "tutorial":
                    task = task_of(folder, config, KERAS_STEPS if peer.name == "keras" else STEPS[kind])
                    found = peer.measure(task)
                    rates = [epoch["examples"] / epoch["seconds"] for epoch in found["epochs"][1:]]
                    detail = {"threads": task["threads"], "precision": "float32", "versions": found["versions"]}
                    yield Measurement("training", subject, peer.name, "examples/s", rates, detail)


def task_of(folder: str, config: RunConfig, steps: int | None, seed: int = 1) -> dict[str, Any]:
    """What a peer is asked: to train the model of ``config`` on the splits in ``folder``, on all cores."""
    names = ("embedding_dim", "hidden_dim", "dropout", "max_tokens", "epochs", "batch_size", "learning_rate")
    settings = {name: getattr(config.settings, name) for name in names}
    chosen = {key: value for key, value in config.flat().items() if key in {"encoder", "pooling", "variant"}}
    model = name_of(next(model for model in MODELS if model.items() <= chosen.items()))
    task = {"data": folder, "model": model, "settings": settings, "seed": seed, "threads": cores(), "steps": steps}
    return {key: value for key, value in task.items() if value is not None}


def _grid(config: RunConfig) -> tuple[list[float], dict[str, Any]]:
    """The sum of the rates of as many runs as there are cores, epoch by epoch; the first one does not count."""
    configs = [config.with_settings(seed=seed) for seed in range(1, 1 + cores())]
    answers = [value_of(outcome) for outcome in outcomes(train_epochs, configs, cores())]
    rates = [sum(rates) for rates in zip(*(answer["rates"] for answer in answers), strict=True)]
    return rates[1:], {"runs side by side": cores(), "threads": 1, "precision": answers[0]["precision"]}


def train_epochs(config: RunConfig) -> dict[str, Any]:
    """Examples a second of each epoch, on one core, without validation."""
    use_one_core()
    splits = splits_of(config)
    fit = Fit(config, splits.train, None, splits.classes, keep=True)
    rates = [record["examples"] / record["seconds"] for record in fit]
    return {"rates": rates, "precision": fit.model.precision}


def _whole_runs(options: Options, peers: Mapping[str, Peer]) -> Iterator[Measurement]:
    """A grid with all that belongs to it, from its start to its last row; its accuracy beside the tutorial loop's."""
    config = config_of(FLAGSHIP, options.sentences, epochs=EPOCHS, patience=None)
    subject = f"{name_of(FLAGSHIP)}, sentences"
    started = time.perf_counter()
    runs = [Run(config.with_settings(seed=seed), subject) for seed in range(1, 1 + GRID_RUNS)]
    jobs = [Job(run, "bench", data_of(run.config)) for run in runs]
    rows = [value_of(outcome)[0] for outcome in outcomes(worker.run, jobs, cores())]
    seconds = time.perf_counter() - started
    examples = sum(epoch.examples for row in rows for epoch in row.epochs)
    detail = {"runs side by side": cores(), "threads": 1, "precision": rows[0].provenance.precision}
    yield Measurement("training", subject, "textclf, whole runs", "examples/s", [examples / seconds], detail)
    accuracies = [row.metrics["test"]["accuracy"] for row in rows if row.seed in SEEDS]
    yield Measurement("accuracy", subject, "textclf", "accuracy", accuracies, detail | {"epochs": EPOCHS})
    if "tutorial" in peers:
        with tempfile.TemporaryDirectory() as folder:
            write_splits(splits_of(config), Path(folder))
            found = [peers["tutorial"].measure(task_of(folder, config, None, seed)) for seed in SEEDS]
        detail = {"threads": cores(), "precision": "float32", "versions": found[0]["versions"], "epochs": EPOCHS}
        values = [answer["test_accuracy"] for answer in found]
        yield Measurement("accuracy", subject, "tutorial", "accuracy", values, detail)
