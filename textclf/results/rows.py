"""Rows: the lines of the files of a results folder, as typed objects that cannot be changed."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field, model_validator

from textclf.escape import printable_json
from textclf.results.row_parts import Epoch, Parameters, Part, Provenance, Speeds, SplitMetrics, SplitSizes, Text

RUNS, SPEEDS, PLANNED, BENCH = "runs.jsonl", "speed.jsonl", "planned.jsonl", "bench.jsonl"


class Line(Part):
    """A line of a file of results; ``file`` is the name of that file."""

    file: ClassVar[str]
    schema_version: Literal[2] = 2

    def to_json(self) -> str:
        """Return the line without its newline; `textclf.results.row_parser` reads the same row from it."""
        return printable_json(json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False))

    def to_dict(self) -> dict[str, Any]:
        """Return the row as a JSON object, without optional keys that were not set."""
        return {"schema_version": self.schema_version} | self.model_dump(exclude_unset=True)


AnyLine = TypeVar("AnyLine", bound=Line)


class RunRow(Line):
    """The row of a run: its identity and its status.

    Attributes
    ----------
    fingerprint : str
        A hash of the configuration, the data, the revision of the code and the plug-ins.
    experiment : str
        The name of the experiment, or ``run``.
    status : {"ok", "failed"}
    error : str or None
        Why the run failed.
    kind : {"encoder", "baseline"}
    task, select_by : str
        The task, and the metric that chooses the best epoch and ranks models.
    dataset, condition, model : str
        Names in tables.
    encoder, pooling, score, normaliser, variant
        The parts of the model; None where it has no such part.
    seed, split_seed, fold
    config : dict
        Every setting and option, as `RunConfig.parse` takes them.
    """

    file = RUNS
    fingerprint: str
    experiment: Text
    status: Literal["ok", "failed"]
    error: Text | None
    kind: Literal["encoder", "baseline"]
    task: str
    select_by: str
    dataset: Text
    condition: Text
    model: Text
    encoder: str
    pooling: str | None
    score: str | None
    normaliser: str | None
    variant: str | int | None
    seed: int
    split_seed: int
    fold: int | None
    config: dict[str, Any]

    @property
    def run(self) -> tuple[str, str, str, int, int, int | None]:
        """The identity of a run in its folder; unlike the fingerprint, it does not depend on the code or the data."""
        return self.dataset, self.condition, self.model, self.seed, self.split_seed, self.fold

    @property
    def title(self) -> str:
        """The name of the run in messages, such as ``films, lstm-max, seed 1, fold 0``."""
        fold = None if self.fold is None else f"fold {self.fold}"
        return ", ".join(filter(None, [self.dataset, self.condition, self.model, f"seed {self.seed}", fold]))


class OkRow(RunRow):
    """The row of a run that ended without an error.

    Attributes
    ----------
    rows : SplitSizes
    metrics : dict of str to dict of str to float
        ``metrics["test"]["accuracy"]``.
    warnings : list of str
        Why the test predictions may be useless.
    parameters : Parameters
    speed : Speeds
        Measured during the run, while other runs shared the machine; see `SpeedRow`.
    fit_seconds : float
        Time of training and validation, without loading.
    epochs : list of Epoch
        Empty for a baseline.
    best_epoch : int
        0 for a baseline.
    peak_memory_mb : float
    near_duplicates : int or None
        The number of test rows with a near-duplicate in training; None if they were not counted.
    pretrained : str or None
        The pretrained part of the model in a few words, such as ``minilm, frozen`` or ``glove.txt vectors``.
    pretrained_origin : str or None
        Where the pretrained part comes from, if this has to be said beside its name.
    language_model : {"frozen", "fine-tuned"} or None
        How the model uses a pretrained language model, whose tokens are subwords; None if it reads words.
    provenance : Provenance
    """

    status: Literal["ok"]
    rows: SplitSizes
    metrics: SplitMetrics
    warnings: list[Text] = Field(default=[])
    parameters: Parameters
    speed: Speeds
    fit_seconds: float
    epochs: list[Epoch]
    best_epoch: int
    peak_memory_mb: float
    near_duplicates: int | None = None
    pretrained: Text | None = None
    pretrained_origin: Text | None = None
    language_model: Literal["frozen", "fine-tuned"] | None = None
    provenance: Provenance

    @model_validator(mode="after")
    def _has_the_metric_that_decides(self) -> OkRow:
        if self.select_by not in self.metrics["test"]:
            raise ValueError(f"lacks metrics.test.{self.select_by}, the metric of select_by")
        return self

    @property
    def value(self) -> float:
        """The test value of the metric that decides."""
        return self.metrics["test"][self.select_by]


class FailedRow(RunRow):
    """The row of a run that failed; ``error`` is the reason."""

    status: Literal["failed"]
    error: Text


class SpeedRow(Line):
    """A measurement of the speed pass: one model, alone on the machine.

    Attributes
    ----------
    fingerprint : str
        The fingerprint of the model's run with seed 0 and fold 0, because speeds depend on neither.
    dataset, condition, model : str
    speed : Speeds
    provenance : Provenance
    """

    file = SPEEDS
    fingerprint: str
    dataset: Text
    condition: Text
    model: Text
    speed: Speeds
    provenance: Provenance


class PlannedRow(Line):
    """A run in the experiment file.

    Attributes
    ----------
    fingerprint, speed : str
        The fingerprints of its rows in runs.jsonl and speed.jsonl.
    dataset, model : str
        The current names in the experiment file.
    """

    file = PLANNED
    fingerprint: str
    speed: str
    dataset: Text
    model: Text


class BenchRecord(Line):
    """A measurement of the benchmark.

    Attributes
    ----------
    part : str
        The section that measured it.
    section, subject, variant : str
        Its place on the page.
    unit : str
    values : list of float
        One for each repeat.
    detail : dict
    datasets : dict of str to str
    provenance : Provenance
    """

    file = BENCH
    part: str
    section: str
    subject: str
    variant: str
    unit: str
    values: list[float] = Field(min_length=1)
    detail: dict[str, Any]
    datasets: dict[str, str]
    provenance: Provenance
