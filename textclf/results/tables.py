"""What the rows of a folder say, put together by dataset and model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from textclf.errors import DataError
from textclf.results.pairing import paired, scores_of
from textclf.results.rows import IDENTITY, PLANNED, RUNS, SPEEDS, Row
from textclf.results.store import read_comparisons, read_rows
from textclf.statistics.intervals import Interval, difference_interval, mean_interval

FEW_RUNS = "An interval (±) from two runs rests on one difference and says little: more seeds make it reliable."


@dataclass(frozen=True)
class ModelSummary:
    """One line of a table.

    Attributes
    ----------
    model : str
    rows : list of Row
        Its runs, one a seed and fold.
    metrics : dict of str to Interval
        Test metrics over the runs.
    metric : str
        The one that decides: ``map`` of ranked data, else ``accuracy``.
    difference : Interval or None
        This metric less the best model's; None for the best model itself. Without an interval if no runs pair.
    speed : dict or None
        Of the speed pass.
    """

    model: str
    rows: list[Row]
    metrics: dict[str, Interval]
    metric: str
    difference: Interval | None
    speed: dict[str, float] | None

    @property
    def score(self) -> Interval:
        """The metric that decides."""
        return self.metrics[self.metric]

    @property
    def parameters(self) -> dict[str, int]:
        return {key: round(median(row["parameters"][key] for row in self.rows)) for key in self.rows[0]["parameters"]}

    @property
    def fit_seconds(self) -> float:
        return median(row["fit_seconds"] for row in self.rows)

    @property
    def peak_memory_mb(self) -> float:
        return max(row["peak_memory_mb"] for row in self.rows)

    @property
    def warnings(self) -> list[str]:
        """What makes its test predictions doubtful, each with the number of runs."""
        counts = Counter(warning for row in self.rows for warning in row.get("warnings", []))
        return [f"{warning} ({count} of {len(self.rows)} runs)" for warning, count in counts.items()]

    @property
    def ties(self) -> bool:
        """Whether it cannot be told from the best."""
        return self.difference is None or self.difference.high is None or self.difference.high >= 0


@dataclass(frozen=True)
class Comparison:
    """A difference that the experiment file asks for, in the metric that decides: ``model`` less ``reference``."""

    model: str
    reference: str
    difference: Interval


@dataclass(frozen=True)
class Table:
    """All models of one dataset under one condition."""

    dataset: str
    condition: str
    models: list[ModelSummary]
    comparisons: list[Comparison]

    @property
    def metric(self) -> str:
        return self.models[0].metric

    @property
    def title(self) -> str:
        return f"{self.dataset}, {self.condition}" if self.condition else self.dataset

    @property
    def rows(self) -> list[Row]:
        return [row for model in self.models for row in model.rows]

    @property
    def notes(self) -> list[str]:
        """What a reader has to know of this table's numbers, a sentence each."""
        few = [FEW_RUNS] if any(len(model.rows) == 2 for model in self.models) else []
        return [*few, *(f"Warning: {model.model}: {text}." for model in self.models for text in model.warnings)]


@dataclass(frozen=True)
class Records:
    """A folder of results.

    Attributes
    ----------
    folder : Path
    tables : list of Table
    failed : list of Row
        Runs whose last try failed.
    planned : int
        How many runs the experiment file asks for.
    """

    folder: Path
    tables: list[Table]
    failed: list[Row]
    planned: int

    @property
    def rows(self) -> list[Row]:
        return [row for table in self.tables for row in table.rows]

    @property
    def missing(self) -> int:
        """How many runs have not ended yet, well or not."""
        return self.planned - len(self.rows) - len(self.failed)

    @property
    def runs_done(self) -> str:
        """``12 of 40 runs done``."""
        return f"{len(self.rows)} of {self.planned} runs done"


def read_records(folder: str | Path) -> Records:
    """Read a folder of results: of the runs that its experiment file asks for, the last row of each.

    Raises
    ------
    DataError
        If there are no rows, or if a row or its predictions cannot be used.
    """
    folder = Path(folder)
    rows = read_rows(folder)
    if not rows:
        raise DataError(f"{folder / RUNS}: no rows; run an experiment first, as textclf experiment FILE.yaml")
    measured, planned = read_rows(folder, SPEEDS), read_rows(folder, PLANNED)
    last, speeds = _planned(rows, measured, planned) if planned else _all(rows, measured)
    ok = [row for row in last if row["status"] == "ok"]
    asked = read_comparisons(folder)
    tables = [
        _table(folder, place, [row for row in ok if _place(row) == place], speeds, asked)
        for place in dict.fromkeys(map(_place, ok))
    ]
    return Records(folder, tables, [row for row in last if row["status"] == "failed"], len(planned) or len(last))


Speeds = dict[tuple[str, str, str], dict[str, float]]  # by dataset, condition and model


def _planned(rows: list[Row], measured: list[Row], planned: list[Row]) -> tuple[list[Row], Speeds]:
    """The rows and speeds of the runs that are asked for, under the names that they have in the file."""
    last = {row["fingerprint"]: row for row in rows}
    speed = {row["fingerprint"]: row["speed"] for row in measured}
    there = [run for run in planned if run["fingerprint"] in last]
    found = [last[run["fingerprint"]] | {"dataset": run["dataset"], "model": run["model"]} for run in there]
    return found, {
        (*_place(row), row["model"]): speed[run["speed"]]
        for row, run in zip(found, there, strict=True)
        if run["speed"] in speed
    }


def _all(rows: list[Row], measured: list[Row]) -> tuple[list[Row], Speeds]:
    """The rows and speeds of a folder that does not say which runs are asked for."""
    last = {tuple(row[key] for key in IDENTITY): row for row in rows}
    return list(last.values()), {(*_place(row), row["model"]): row["speed"] for row in measured}


def _place(row: Row) -> tuple[str, str]:
    return row["dataset"], row["condition"]


def _table(
    folder: Path,
    place: tuple[str, str],
    rows: list[Row],
    speeds: Speeds,
    asked: dict[str, list[str]],
) -> Table:
    by_model = {name: [row for row in rows if row["model"] == name] for name in _in_order(rows)}
    metrics = {name: _metrics(own) for name, own in by_model.items()}
    metric = "map" if "map" in metrics[next(iter(metrics))] else "accuracy"
    best = max(by_model, key=lambda name: metrics[name][metric].mean)
    scores = {name: scores_of(folder, own, metric) for name, own in by_model.items()}

    def difference(one: str, other: str) -> Interval:
        pairs = paired(scores[one], scores[other])
        if not pairs:  # no seed or fold that both have done
            return Interval(metrics[one][metric].mean - metrics[other][metric].mean, None, None)
        return difference_interval(pairs)

    models = [
        ModelSummary(
            name,
            sorted(own, key=lambda row: (row["seed"], row["fold"] or 0)),
            metrics[name],
            metric,
            None if name == best else difference(name, best),
            speeds.get((*place, name)),
        )
        for name, own in by_model.items()
    ]
    comparisons = [
        Comparison(model, reference, difference(model, reference))
        for reference, others in asked.items()
        for model in others
        if {model, reference} <= by_model.keys()
    ]
    return Table(*place, models, comparisons)


def _in_order(rows: Iterable[Row]) -> list[str]:
    """Models by kind (baselines last), then by name: runs end in any order."""
    names = {row["model"]: row["encoder"] for row in rows}
    return sorted(names, key=lambda name: (names[name] in {"tfidf", "majority"}, name))


def _metrics(rows: list[Row]) -> dict[str, Interval]:
    return {name: mean_interval([row["metrics"]["test"][name] for row in rows]) for name in rows[0]["metrics"]["test"]}
