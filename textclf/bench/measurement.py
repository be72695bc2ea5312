"""What a benchmark measures: some values of one quantity, and how they are taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textclf.config import RunConfig, label_of
from textclf.data.splits import Splits
from textclf.errors import TrainingError
from textclf.experiment.backends.processes import Outcome
from textclf.experiment.preparation import Preparations

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
FLAGSHIP = MODELS[0]  # what every peer can do
SENTENCES = {"embedding_dim": 100, "hidden_dim": 128, "dropout": 0.5, "batch_size": 50, "learning_rate": 0.001}
DOCUMENTS = SENTENCES | {"batch_size": 32, "max_tokens": 700, "train_rows": 4000, "test_rows": 1000}


@dataclass(frozen=True)
class Measurement:
    """One line of the benchmark's records.

    Attributes
    ----------
    section : str
        Which part of the benchmark.
    subject : str
        What was measured, as a model.
    variant : str
        Which of those that are compared, as ``textclf`` or a peer.
    unit : str
    values : list of float
        One a repeat.
    detail : dict
        What else is to be known of it, as threads and precision.
    """

    section: str
    subject: str
    variant: str
    unit: str
    values: list[float]
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """What the benchmark is told.

    Attributes
    ----------
    sentences, documents : str
        Datasets of short and of long texts.
    repeats : int
        How often each quantity is measured, after once that does not count.
    peers : Path
        The folder of the peers.
    largest : int
        How many texts the largest generated dataset has.
    models : tuple of str
        Names of the models to measure; none: all.
    """

    sentences: str = "tweets"
    documents: str = "bbc-news"
    repeats: int = 5
    peers: Path = Path("experiments/peers")
    largest: int = 1_000_000
    models: tuple[str, ...] = ()

    def chosen(self) -> tuple[dict[str, Any], ...]:
        """The models to measure."""
        return tuple(model for model in MODELS if not self.models or name_of(model) in self.models)


def config_of(model: Mapping[str, Any], dataset: str, **settings: Any) -> RunConfig:
    """A model of the benchmark on a dataset, sized as `SENTENCES` unless told otherwise."""
    return RunConfig.parse({**SENTENCES, "dataset": dataset, **settings, **model})


_preparations = Preparations()


def splits_of(config: RunConfig) -> Splits:
    """Return the splits of ``config``; each corpus is loaded once in a process, as many sections use it."""
    return _preparations.of(config).splits


def name_of(model: Mapping[str, Any]) -> str:
    """A model's name in tables."""
    return label_of(model)


def seconds_of(
    *works: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """How long each of ``works`` takes, so many times, after once that does not count.

    They take turns, so that what else the machine does at a time does not fall on one of them alone. A ``clock`` that
    counts the thread's own time counts less of it still.
    """
    times: list[list[float]] = [[] for _ in works]
    for turn in range(1 + repeats):
        for work, own in zip(works, times, strict=True):
            started = clock()
            work()
            if turn:
                own.append(clock() - started)
    return times


def value_of(outcome: Outcome) -> Any:
    """What came of a job.

    Raises
    ------
    TrainingError
        If nothing did.
    """
    if outcome.error is not None:
        raise TrainingError(f"a run of the benchmark failed: {outcome.error}")
    return outcome.value
