"""Functions that all peers share. A peer is a script that trains a classifier without textclf.

It reads a task, measures its own training, and prints one JSON document:

    python experiments/peers/NAME.py < task.json

A task has ``data`` (a folder with train, validation and test as Parquet: ``text``, ``label``), ``model``,
``settings``, ``seed``, ``threads``, and optionally ``steps`` (the number of batches of an epoch). The result has
``epochs`` (``examples`` and ``seconds`` of training, for each epoch), ``test_accuracy`` and ``versions``. For a
task with ``"measure": "predict"``, Flair's result has ``predict`` instead (``examples`` and ``seconds`` from strings to
labels, for each of ``repeats`` repetitions).
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Texts and label indices of each split."""

    texts: dict[str, list[str]]
    labels: dict[str, list[int]]
    classes: list[str]

    @classmethod
    def read(cls, task: dict[str, Any]) -> Rows:
        """Read the splits of ``task``."""
        frames = {
            name: pd.read_parquet(Path(task["data"]) / f"{name}.parquet") for name in ("train", "validation", "test")
        }
        classes = sorted(frames["train"]["label"].unique())
        texts = {name: frame["text"].tolist() for name, frame in frames.items()}
        return cls(texts, {name: [classes.index(label) for label in f["label"]] for name, f in frames.items()}, classes)


def vocabulary_of(texts: Sequence[str]) -> dict[str, int]:
    """Every word of ``texts`` and its id; 0 is the pad and 1 an unknown word."""
    vocabulary = {"": 0, "[UNK]": 1}
    for text in texts:
        for word in text.lower().split():
            vocabulary.setdefault(word, len(vocabulary))
    return vocabulary


def ids_of(texts: Sequence[str], vocabulary: dict[str, int], longest: int) -> list[list[int]]:
    """The ids of the first ``longest`` words of each text; a text without words becomes one unknown word."""
    return [[vocabulary.get(word, 1) for word in text.lower().split()[:longest]] or [1] for text in texts]


def accuracy_of(predicted: Sequence[object], labels: Sequence[object]) -> float:
    """The fraction of rows whose predicted label is right."""
    return sum(one == other for one, other in zip(predicted, labels, strict=True)) / len(labels)


def run_task(run: Callable[[dict[str, Any]], dict[str, Any]], *packages: str) -> None:
    """Run the task from standard input and print its result; the output of libraries goes to standard error."""
    task = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        result = run(task)
    result["versions"] = {package: version(package) for package in packages}
    json.dump(result, sys.stdout)
