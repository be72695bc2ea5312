"""Measurements of the benchmark, the options that they depend on, and functions that measure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textclf.config import RunConfig, label_of
from textclf.data.splits import Splits
from textclf.errors import TrainingError
from textclf.experiment.backends.processes import outcomes
from textclf.experiment.preparation import prepare

MODELS: tuple[dict[str, Any], ...] = (  # the neural models of experiments/default.yaml
    {"encoder": "lstm", "pooling": "attention"},
    {"encoder": "lstm", "pooling": "last"},
    {"encoder": "lstm", "pooling": "mean"},
    {"encoder": "lstm", "pooling": "max"},
    {"encoder": "cnn"},
    {"encoder": "attentive_cnn"},
    {"encoder": "abcnn", "variant": 1},
    {"encoder": "abcnn", "variant": 2},
    {"encoder": "self_attention"},
    {"encoder": "none", "pooling": "mean"},
)
FLAGSHIP = MODELS[0]  # the model that every peer implements
SENTENCES = {"embedding_dim": 100, "hidden_dim": 128, "dropout": 0.5, "batch_size": 50, "learning_rate": 0.001}
DOCUMENTS = SENTENCES | {"batch_size": 32, "max_tokens": 700, "train_rows": 4000, "test_rows": 1000}
BATCHES = 40  # the number of batches of sentences over which the time of a step is averaged
SEEDS, EPOCHS = range(1, 6), 4  # for the comparison of test accuracies


@dataclass(frozen=True)
class Measurement:
    """The values of one quantity.

    Attributes
    ----------
    section : str
        The table that the values belong to: the section's name, or another name where a section has two tables.
    subject : str
        The row of the table: a model, a stage or a cost.
    variant : str
        The column of the table: ``textclf``, a peer, a precision or a size.
    unit : str
    values : list of float
        One value per repeat.
    detail : dict
        Conditions of the measurement, such as the number of threads and the precision.
    """

    section: str
    subject: str
    variant: str
    unit: str
    values: list[float]
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """Options of the benchmark.

    Attributes
    ----------
    sentences, documents : str
        Datasets of short and of long texts.
    repeats : int
        How often each quantity is measured, after one warm-up that does not count.
    peers : Path
        The folder of the peers' scripts.
    largest : int
        Number of texts in the largest generated dataset.
    models : tuple of str
        Names of the models to measure; an empty tuple stands for all.
    """

    sentences: str = "tweets"
    documents: str = "bbc-news"
    repeats: int = 5
    peers: Path = Path("experiments/peers")
    largest: int = 1_000_000
    models: tuple[str, ...] = ()

    def chosen_models(self) -> tuple[dict[str, Any], ...]:
        """The models to measure, in the order of `MODELS`."""
        return tuple(model for model in MODELS if not self.models or name_of(model) in self.models)


def config_of(model: Mapping[str, Any], dataset: str, **settings: Any) -> RunConfig:
    """The configuration of a model on a dataset; settings default to `SENTENCES`."""
    return RunConfig.parse({**SENTENCES, "dataset": dataset, **settings, **model})


def splits_of(config: RunConfig) -> Splits:
    """The splits of the dataset that ``config`` names."""
    return prepare(config).splits


def name_of(model: Mapping[str, Any]) -> str:
    """A model's name in tables."""
    return label_of(model)


def seconds_of(
    *works: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Time each function ``repeats`` times, after one warm-up that does not count.

    The functions take turns, so that a slow moment of the machine does not affect only one of them. With
    `time.thread_time` as ``clock``, time that other processes take is not counted.

    Returns
    -------
    list of list of float
        The seconds of each function.
    """
    times: list[list[float]] = [[] for _ in works]
    for turn in range(1 + repeats):
        for work, seconds in zip(works, times, strict=True):
            started = clock()
            work()
            if turn:
                seconds.append(clock() - started)
    return times


def in_processes(work: Callable[[Any], Any], jobs: Iterable[Any], workers: int) -> list[Any]:
    """The results of ``work`` for each job, in the jobs' order; a process per job, ``workers`` at a time.

    Raises
    ------
    TrainingError
        If a job fails.
    """
    jobs, results = list(jobs), {}
    for outcome in outcomes(work, jobs, workers):
        if outcome.error is not None:
            raise TrainingError(f"a run of the benchmark failed: {outcome.error}")
        results[id(outcome.job)] = outcome.value
    return [results[id(job)] for job in jobs]
