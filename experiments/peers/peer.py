"""What every peer shares: it reads a task, measures itself, and prints one JSON document.

    python experiments/peers/NAME.py < task.json

A task has ``data`` (a folder with train, validation and test as Parquet: ``text``, ``label``), ``model``,
``settings``, ``seed``, ``threads``, and perhaps ``steps`` (an epoch ends after so many). The answer has ``epochs``
(``examples`` and ``seconds`` of training, one an epoch), ``test_accuracy`` and ``versions``; where the task says
``"measure": "predict"``, a peer that can answers instead with ``predict`` (``examples`` and ``seconds`` from strings to
labels, one for each of ``repeats``).
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
        """The rows that ``task`` names."""
        frames = {
            name: pd.read_parquet(Path(task["data"]) / f"{name}.parquet") for name in ("train", "validation", "test")
        }
        classes = sorted(frames["train"]["label"].unique())
        texts = {name: frame["text"].tolist() for name, frame in frames.items()}
        return cls(texts, {name: [classes.index(label) for label in f["label"]] for name, f in frames.items()}, classes)


def vocabulary_of(texts: Sequence[str]) -> dict[str, int]:
    """Every word of ``texts`` and its id; 0 pads and 1 is an unknown word."""
    vocabulary = {"": 0, "[UNK]": 1}
    for text in texts:
        for word in text.lower().split():
            vocabulary.setdefault(word, len(vocabulary))
    return vocabulary


def ids_of(texts: Sequence[str], vocabulary: dict[str, int], longest: int) -> list[list[int]]:
    """The ids of the first ``longest`` words of each text; a text without words is one unknown word."""
    return [[vocabulary.get(word, 1) for word in text.lower().split()[:longest]] or [1] for text in texts]


def share_right(predicted: Sequence[object], labels: Sequence[object]) -> float:
    """Accuracy, a fraction."""
    return sum(one == other for one, other in zip(predicted, labels, strict=True)) / len(labels)


def answer(run: Callable[[dict[str, Any]], dict[str, Any]], *packages: str) -> None:
    """Do the task that stands on standard input; whatever libraries print goes to standard error."""
    task = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = run(task)
    found["versions"] = {package: version(package) for package in packages}
    json.dump(found, sys.stdout)
