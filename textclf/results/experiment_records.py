"""Records: the last row of each run in a folder of results, grouped by dataset and model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textclf.errors import DataError
from textclf.metrics import metric_of
from textclf.paths import user_path
from textclf.results.missing_plugins import with_missing_plugins
from textclf.results.pairing import paired, scores_of
from textclf.results.row_parts import Speeds
from textclf.results.rows import RUNS, FailedRow, OkRow, PlannedRow, RunRow, SpeedRow
from textclf.results.store import read_contrasts, read_rows
from textclf.results.summaries import Contrast, DatasetSummary, ModelSummary, verdict
from textclf.statistics.intervals import Interval, difference_interval, mean_interval


@dataclass(frozen=True)
class Records:
    """A folder of results.

    Attributes
    ----------
    folder : Path
    datasets : list of DatasetSummary
    failed : list of FailedRow
        Runs whose last attempt failed.
    planned : int
        The number of runs in the experiment file.
    """

    folder: Path
    datasets: list[DatasetSummary]
    failed: list[FailedRow]
    planned: int

    @property
    def rows(self) -> list[OkRow]:
        return [row for dataset in self.datasets for row in dataset.rows]

    @property
    def missing(self) -> int:
        """The number of runs that have not ended yet."""
        return self.planned - len(self.rows) - len(self.failed)

    @property
    def runs_done(self) -> str:
        """The progress, such as ``12 of 40 runs done``."""
        return f"{len(self.rows)} of {self.planned} runs done"


@dataclass(frozen=True)
class LastRows:
    """The last row of each run in the experiment file, with the current names of that file.

    Attributes
    ----------
    rows : list of RunRow
    speeds : dict
        The speeds of the speed pass, by dataset, condition and model.
    planned : int
        The number of runs in the experiment file.
    """

    rows: list[RunRow]
    speeds: dict[tuple[str, str, str], Speeds]
    planned: int


def read_records(folder: str | Path) -> Records:
    """Read a folder of results: the last row of each run in its experiment file, with predictions.

    Raises
    ------
    DataError
        If there are no rows, or if a row or its predictions cannot be used.
    ConfigurationError
        If the metric that decides is unknown; the message names the plug-ins that are not loaded.
    """
    folder = user_path(folder)
    last, contrasts = read_last_rows(folder), read_contrasts(folder)
    ok = [row for row in last.rows if isinstance(row, OkRow)]
    failed = [row for row in last.rows if isinstance(row, FailedRow)]
    with with_missing_plugins(folder):
        datasets = [
            _summary(
                folder,
                place,
                [row for row in ok if _place(row) == place],
                {row.model for row in failed if _place(row) == place},
                last.speeds,
                contrasts,
            )
            for place in dict.fromkeys(map(_place, ok))
        ]
    return Records(folder, datasets, failed, last.planned)


def read_last_rows(folder: Path) -> LastRows:
    """Read the last row of each run in the experiment file, without predictions."""
    if folder.is_file():
        raise DataError(f"{folder}: is a file, not a folder of results; name a folder, such as {folder.parent}")
    rows = read_rows(folder, RunRow)
    if not rows:
        raise DataError(f"{folder / RUNS}: no rows; run an experiment first, as textclf experiment FILE.yaml")
    measured, planned = read_rows(folder, SpeedRow), read_rows(folder, PlannedRow)
    if not planned:  # the rows were made without an experiment file
        last = list({row.run: row for row in rows}.values())
        return LastRows(last, {(*_place(row), row.model): row.speed for row in measured}, len(last))
    by_fingerprint = {row.fingerprint: row for row in rows}
    speeds = {row.fingerprint: row.speed for row in measured}
    ended = [plan for plan in planned if plan.fingerprint in by_fingerprint]
    last = [
        by_fingerprint[plan.fingerprint].model_copy(update={"dataset": plan.dataset, "model": plan.model})
        for plan in ended
    ]
    speeds_of_models = {
        (*_place(row), row.model): speeds[plan.speed]
        for row, plan in zip(last, ended, strict=True)
        if plan.speed in speeds
    }
    return LastRows(last, speeds_of_models, len(planned))


def _place(row: RunRow | SpeedRow) -> tuple[str, str]:
    return row.dataset, row.condition


def _summary(
    folder: Path,
    place: tuple[str, str],
    rows: list[OkRow],
    failed: set[str],
    speeds: Mapping[tuple[str, str, str], Speeds],
    contrasts: Mapping[str, list[str]],
) -> DatasetSummary:
    by_model = {name: [row for row in rows if row.model == name] for name in _in_order(rows)}
    metrics = {name: _metrics(runs) for name, runs in by_model.items()}
    select_by = rows[0].select_by
    metric = metric_of(select_by)
    best = max(by_model, key=lambda name: metric.direction * metrics[name][select_by].mean)
    scores = {name: scores_of(folder, runs, metric) for name, runs in by_model.items()}

    def difference(model: str, reference: str) -> Interval:
        pairs = paired(scores[model], scores[reference])
        if not pairs:  # the models have no seed or fold in common, or the metric has no value for each unit
            return Interval(metrics[model][select_by].mean - metrics[reference][select_by].mean, None, None)
        return difference_interval(pairs)

    models = [
        ModelSummary(
            name,
            sorted(runs, key=lambda row: (row.seed, row.fold or 0)),
            metrics[name],
            select_by,
            None if name == best else difference(name, best),
            speeds.get((*place, name)),
        )
        for name, runs in by_model.items()
    ]

    def contrast(model: str, reference: str) -> Contrast:
        lacking = {model, reference} - by_model.keys()
        if lacking:
            return Contrast(model, reference, None, "failed" if lacking & failed else "no runs")
        compared = difference(model, reference)
        return Contrast(model, reference, compared, verdict(compared, metric))

    listed = [contrast(model, reference) for reference, others in contrasts.items() for model in others]
    return DatasetSummary(*place, models, listed, any(scores.values()))


def _in_order(rows: Iterable[OkRow]) -> list[str]:
    """The models by name, baselines last; the order in which runs end does not matter."""
    kinds = {row.model: row.kind for row in rows}
    return sorted(kinds, key=lambda name: (kinds[name] == "baseline", name))


def _metrics(rows: list[OkRow]) -> dict[str, Interval]:
    """The test metrics that all rows have."""
    names = [name for name in rows[0].metrics["test"] if all(name in row.metrics["test"] for row in rows)]
    return {name: mean_interval([row.metrics["test"][name] for row in rows]) for name in names}
