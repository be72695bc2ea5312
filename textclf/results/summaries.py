"""Summaries: the runs of each model on a dataset, and how the models differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Literal

from textclf.metrics import metric_of
from textclf.metrics.metric import Metric
from textclf.results.row_parts import Speeds
from textclf.results.rows import OkRow
from textclf.statistics.intervals import Interval

FEW_RUNS = "An interval (±) from two runs is unreliable, because it depends on one difference; use more seeds."


@dataclass(frozen=True)
class ModelSummary:
    """The runs of a model on one dataset.

    Attributes
    ----------
    model : str
    rows : list of OkRow
        One for each seed and fold.
    metrics : dict of str to Interval
        Test metrics over the runs.
    select_by : str
        The metric that decides.
    difference : Interval or None
        This metric minus that of the best model, without an interval if the models have no seed or fold in common;
        None for the best model itself.
    speed : Speeds or None
        From the speed pass.
    """

    model: str
    rows: list[OkRow]
    metrics: dict[str, Interval]
    select_by: str
    difference: Interval | None
    speed: Speeds | None

    @property
    def score(self) -> Interval:
        """The metric that decides."""
        return self.metrics[self.select_by]

    @property
    def kind(self) -> Literal["encoder", "baseline"]:
        return self.rows[0].kind

    @property
    def encoder_parameters(self) -> int:
        return round(median(row.parameters.encoder for row in self.rows))

    @property
    def total_parameters(self) -> int:
        return round(median(row.parameters.total for row in self.rows))

    @property
    def fit_seconds(self) -> float:
        return median(row.fit_seconds for row in self.rows)

    @property
    def peak_memory_mb(self) -> float:
        return max(row.peak_memory_mb for row in self.rows)

    @property
    def warnings(self) -> list[str]:
        """The warnings of its runs, each with the number of runs."""
        counts = Counter(warning for row in self.rows for warning in row.warnings)
        return [f"{warning} ({count} of {len(self.rows)} runs)" for warning, count in counts.items()]

    @property
    def ties(self) -> bool:
        """Whether it is not distinguishable from the best."""
        return self.difference is None or verdict(self.difference, metric_of(self.select_by)) != "worse"


@dataclass(frozen=True)
class Contrast:
    """A comparison in the experiment file: ``model`` minus ``reference``, in the metric that decides."""

    model: str
    reference: str
    difference: Interval


@dataclass(frozen=True)
class DatasetSummary:
    """All models of one dataset under one condition; baselines last, then by name."""

    dataset: str
    condition: str
    models: list[ModelSummary]
    contrasts: list[Contrast]

    @property
    def select_by(self) -> str:
        return self.models[0].select_by

    @property
    def metric(self) -> Metric:
        """The metric that decides."""
        return metric_of(self.select_by)

    @property
    def title(self) -> str:
        return f"{self.dataset}, {self.condition}" if self.condition else self.dataset

    @property
    def rows(self) -> list[OkRow]:
        return [row for model in self.models for row in model.rows]

    @property
    def best(self) -> ModelSummary:
        return next(model for model in self.models if model.difference is None)

    @property
    def ranked(self) -> list[ModelSummary]:
        """The models, the best first."""
        return sorted(self.models, key=lambda model: -self.metric.direction * model.score.mean)

    @property
    def notes(self) -> list[str]:
        """Notes on the numbers for the reader, one sentence each."""
        few = [FEW_RUNS] if any(len(model.rows) == 2 for model in self.models) else []
        return [*few, *(f"Warning: {model.model}: {text}." for model in self.models for text in model.warnings)]


def verdict(difference: Interval, metric: Metric) -> Literal["better", "worse", "no"]:
    """Whether a difference is significant: its interval does not contain 0."""
    low, high = difference.low or 0.0, difference.high or 0.0
    if not metric.higher_is_better:
        low, high = -high, -low
    return "better" if low > 0 else "worse" if high < 0 else "no"
