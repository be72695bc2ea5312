"""Summaries: the runs of each model on a dataset, and how the models differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from textclf.errors import counted
from textclf.metrics import metric_of
from textclf.metrics.metric import Metric
from textclf.results.row_parts import Speeds
from textclf.results.rows import OkRow
from textclf.statistics.intervals import Interval

FEW_RUNS = "An interval (±) from two runs is unreliable, because it depends on one difference; use more seeds."
NO_COMMON_RUN = "A difference without an interval compares models that have no seed or fold in common."

Verdict = Literal["better", "worse", "no"]


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
    def pretrained(self) -> str | None:
        """The pretrained part of the model in a few words; None if nothing is pretrained."""
        return self.rows[0].pretrained

    @property
    def pretrained_parameters(self) -> int:
        return round(median(row.parameters.pretrained for row in self.rows))

    @property
    def trained_parameters(self) -> int | None:
        """The number of parameters that training changes; None if a row does not hold it."""
        counts = [row.parameters.trained for row in self.rows]
        numbers = [count for count in counts if count is not None]
        return round(median(numbers)) if len(numbers) == len(counts) else None

    @property
    def fit_seconds(self) -> float:
        return median(row.fit_seconds for row in self.rows)

    @property
    def peak_memory_mb(self) -> float:
        return max(row.peak_memory_mb for row in self.rows)

    @property
    def warnings(self) -> Counter[str]:
        """The warnings of the model's runs, each with its number of runs."""
        return Counter(warning for row in self.rows for warning in row.warnings)

    @property
    def verdict(self) -> Verdict | None:
        """Whether the model differs significantly from the best; None for the best model and without an interval."""
        return None if self.difference is None else verdict(self.difference, metric_of(self.select_by))


@dataclass(frozen=True)
class Contrast:
    """A comparison in the experiment file: ``model`` minus ``reference``, in the metric that decides.

    Attributes
    ----------
    model, reference : str
    difference : Interval or None
        None if one of the models has no results.
    significant : str or None
        ``better``, ``worse`` or ``no``; without a difference, the reason: ``failed`` or ``no runs``; None if the
        difference has no interval.
    """

    model: str
    reference: str
    difference: Interval | None
    significant: str | None


@dataclass(frozen=True)
class DatasetSummary:
    """All models of one dataset under one condition.

    Attributes
    ----------
    dataset, condition : str
    models : list of ModelSummary
        Baselines last, then by name.
    contrasts : list of Contrast
    has_units : bool
        Whether the metric that decides has a value for each test example or group.
    """

    dataset: str
    condition: str
    models: list[ModelSummary]
    contrasts: list[Contrast]
    has_units: bool

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
    def has_pretrained(self) -> bool:
        """Whether any model has a pretrained part."""
        return any(model.pretrained is not None for model in self.models)

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
        return [*few, *self._without_interval(), *self._warnings()]

    def _without_interval(self) -> Iterator[str]:
        """Why differences have no interval."""
        differences = [*(model.difference for model in self.models), *(one.difference for one in self.contrasts)]
        if any(difference.low is None for difference in differences if difference is not None):
            title = self.metric.title[:1].upper() + self.metric.title[1:]
            yield (
                NO_COMMON_RUN if self.has_units else f"{title} has no value per text, so differences have no interval."
            )

    def _warnings(self) -> Iterator[str]:
        """One line for each warning of runs, with its models."""
        for warning in dict.fromkeys(warning for model in self.models for warning in model.warnings):
            models = ", ".join(
                f"{model.model} ({model.warnings[warning]} of {counted(len(model.rows), 'run')})"
                for model in self.models
                if warning in model.warnings
            )
            yield f"Warning: {warning}: {models}."


def verdict(difference: Interval, metric: Metric) -> Verdict | None:
    """Whether a difference is significant: its interval does not contain 0. None without an interval."""
    low, high = difference.low, difference.high
    if low is None or high is None:
        return None
    if not metric.higher_is_better:
        low, high = -high, -low
    return "better" if low > 0 else "worse" if high < 0 else "no"
