"""The tables of a report: which columns and numbers they show."""

from __future__ import annotations

from collections.abc import Iterable

from textclf.metrics import METRICS, is_percent, title_of
from textclf.results.summaries import Contrast, DatasetSummary, ModelSummary
from textclf.results.typed_table import Cell, Column, Table
from textclf.statistics.intervals import Interval

PRETRAINED = Column("pretrained", "name")  # the last column, only if a model of the dataset has a pretrained part


def quality_table(dataset: DatasetSummary) -> Table:
    """Table of quality, best model first: metrics with intervals, the difference to the best, the number of runs."""
    metrics = _metric_columns(dataset, "test ")
    columns = [
        Column("model", "name"),
        *metrics,
        _difference_column(dataset, "difference to the best"),
        Column("runs", "number"),
        PRETRAINED,
    ]

    def row(model: ModelSummary) -> list[Cell]:
        scores = _metric_cells(model, dataset, metrics)
        return [_name(model), *scores, _difference(model), Cell(len(model.rows)), Cell(model.pretrained)]

    return Table(columns, [row(model) for model in dataset.ranked]).measured()


def cost_table(dataset: DatasetSummary) -> Table:
    """Table of costs: parameters, speeds if they were measured, seconds and memory."""
    columns = [
        Column("model", "name"),
        Column("encoder parameters", "number"),
        Column("all parameters", "number"),
        Column("pretrained parameters", "number"),
        Column("trained parameters", "number"),
        Column("training texts/s", "number", "texts/s"),
        Column("inference texts/s", "number", "texts/s"),
        Column("one text, ms", "number", "ms", decimals=1),
        Column("fit, s", "number", "s", decimals=1),
        Column("peak memory, MB", "number", "MB"),
        PRETRAINED,
    ]

    def row(model: ModelSummary) -> list[Cell]:
        speed = model.speed
        values: list[float | None] = [
            model.encoder_parameters,
            model.total_parameters,
            model.pretrained_parameters if dataset.has_pretrained else None,
            model.trained_parameters if dataset.has_pretrained else None,
            speed.train_examples_per_second if speed else None,
            speed.inference_examples_per_second if speed else None,
            speed.inference_latency_ms if speed else None,
            model.fit_seconds,
            model.peak_memory_mb,
        ]
        return [Cell(model.model), *map(Cell, values), Cell(model.pretrained)]

    return Table(columns, [row(model) for model in dataset.models]).measured()


def overview_table(dataset: DatasetSummary) -> Table:
    """Table of quality and cost in few columns, the least important columns last."""
    metrics = _metric_columns(dataset)
    columns = [
        Column("model", "name"),
        *metrics,
        _difference_column(dataset, "vs best"),
        Column("encoder", "number", description="parameters of the encoder"),
        Column("text/s", "number", "texts/s", description="training speed"),
        PRETRAINED,
    ]

    def row(model: ModelSummary) -> list[Cell]:
        difference = _difference(model)
        costs: list[float | None] = [
            model.encoder_parameters,
            model.speed.train_examples_per_second if model.speed else None,
        ]
        shown = [*_metric_cells(model, dataset, metrics), Cell(difference.value, note=difference.note)]
        return [_name(model), *shown, *map(Cell, costs), Cell(model.pretrained)]

    return Table(columns, [row(model) for model in dataset.ranked]).measured()


def contrast_table(dataset: DatasetSummary) -> Table:
    """Table of the comparisons in the experiment file."""
    columns = [
        Column("model", "name"),
        Column("against", "name"),
        _difference_column(dataset, f"difference in test {title_of(dataset.select_by)}"),
        Column("significant?", "word"),
    ]

    def row(contrast: Contrast) -> list[Cell]:
        difference = Cell(*(contrast.difference or [None]))
        return [Cell(contrast.model), Cell(contrast.reference), difference, Cell(contrast.significant)]

    return Table(columns, list(map(row, dataset.contrasts)))


def cross_table(dataset: DatasetSummary) -> Table | None:
    """Table of attention scores (rows) and normalisers (columns); None if the experiment does not cross them."""
    cells: dict[tuple[str, str], Interval] = {}
    for model in dataset.models:
        score, normaliser = model.rows[0].score, model.rows[0].normaliser
        if score is not None and normaliser is not None:
            if (score, normaliser) in cells:
                return None
            cells[score, normaliser] = model.score
    scores, normalisers = sorted({score for score, _ in cells}), sorted({normaliser for _, normaliser in cells})
    if min(len(scores), len(normalisers)) < 2 or len(cells) != len(scores) * len(normalisers):
        return None
    best = _best(dataset.select_by, (cell.mean for cell in cells.values()))
    return Table(
        [
            Column(f"test {title_of(dataset.select_by)}", "word"),
            *(_metric_column(dataset.select_by, normaliser) for normaliser in normalisers),
        ],
        [
            [Cell(score), *(_cell(cells[score, name], cells[score, name].mean == best) for name in normalisers)]
            for score in scores
        ],
    )


def _metric_columns(dataset: DatasetSummary, prefix: str = "") -> list[Column]:
    """The metric that decides, then other metrics in percent or of unknown unit; more do not fit on the page."""
    names = [
        name
        for name in dataset.models[0].metrics
        if name == dataset.select_by or name not in METRICS or is_percent(name)
    ]
    names.sort(key=lambda name: name != dataset.select_by)
    return [_metric_column(name, prefix + title_of(name)) for name in names]


def _metric_column(name: str, title: str) -> Column:
    unit, decimals = ("%", 2) if is_percent(name) else ("", 4)
    return Column(title, "metric", unit, decimals, name, METRICS[name].higher_is_better if name in METRICS else None)


def _difference_column(dataset: DatasetSummary, title: str) -> Column:
    metric = _metric_column(dataset.select_by, title)
    return Column(title, "difference", metric.unit, metric.decimals, metric.metric, metric.higher_is_better)


def _metric_cells(model: ModelSummary, dataset: DatasetSummary, columns: Iterable[Column]) -> list[Cell]:
    """The metrics of a model; the best of all models in each column is marked."""

    def cell(name: str) -> Cell:
        means = [other.metrics[name].mean for other in dataset.models if name in other.metrics]
        value = model.metrics.get(name)
        return Cell(None) if value is None else _cell(value, value.mean == _best(name, means))

    return [cell(column.metric or "") for column in columns]


def _best(name: str, values: Iterable[float]) -> float | None:
    """The best value of a metric; None if its direction is unknown."""
    if name not in METRICS:
        return None
    return max(values) if METRICS[name].higher_is_better else min(values)


def _name(model: ModelSummary) -> Cell:
    return Cell(model.model, best=model.difference is None)


def _cell(interval: Interval, best: bool = False) -> Cell:
    return Cell(*interval, best=best)


def _difference(model: ModelSummary) -> Cell:
    """The difference of a model to the best one, or the word ``best``."""
    if model.difference is None:
        return Cell(None, note="best")
    return Cell(*model.difference, note="≈" if model.verdict == "no" else "")
