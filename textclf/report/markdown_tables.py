"""The tables of a report in Markdown: how good, at what cost, and the differences."""

from __future__ import annotations

from collections.abc import Iterable

from textclf.escape import markdown
from textclf.metrics import title_of
from textclf.results.tables import ModelSummary, Table
from textclf.statistics.intervals import Interval


def markdown_table(header: list[str], rows: Iterable[list[str]]) -> Iterable[str]:
    """Lines of a table whose first column is text and whose others are numbers."""
    yield "| " + " | ".join(header) + " |"
    yield "|---" + "|--:" * (len(header) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def accuracy_table(table: Table) -> Iterable[str]:
    """How good: model, metrics with their intervals, difference to the best."""
    names = [name for name in table.models[0].metrics if name != "log_loss"]
    names.sort(key=lambda name: name != table.metric)
    header = ["model", *(f"test {title_of(name)}" for name in names), "difference to the best", "runs"]
    best = {name: max(model.metrics[name].mean for model in table.models) for name in names}

    def cells(model: ModelSummary) -> list[str]:
        metrics = [_bold(plus_minus(model.metrics[name]), model.metrics[name].mean == best[name]) for name in names]
        label = _bold(markdown(model.model), model.difference is None)
        return [label, *metrics, _difference(model), str(len(model.rows))]

    ranked = sorted(table.models, key=lambda model: -model.score.mean)
    return markdown_table(header, [cells(model) for model in ranked])


def comparison_table(table: Table) -> Iterable[str]:
    """The differences that the experiment file asks for."""
    rows = [[markdown(made.model), markdown(made.reference), *_told(made.difference)] for made in table.comparisons]
    header = ["model", "against", f"difference in test {title_of(table.metric)}", "beyond the noise?"]
    return markdown_table(header, rows)


def _told(difference: Interval) -> tuple[str, str]:
    low, high = difference.low or 0.0, difference.high or 0.0
    return _signed(difference), "better" if low > 0 else "worse" if high < 0 else "no"


def cross_table(table: Table) -> list[str]:
    """Scores down, normalisers across, where an experiment crosses them; else nothing."""
    chosen = [(model.rows[0]["score"], model.rows[0]["normaliser"], model.score) for model in table.models]
    chosen = [choice for choice in chosen if None not in choice[:2]]
    cells = {(score, normaliser): cell for score, normaliser, cell in chosen}
    scores, normalisers = sorted({score for score, _ in cells}), sorted({normaliser for _, normaliser in cells})
    if min(len(scores), len(normalisers)) < 2 or not len(chosen) == len(cells) == len(scores) * len(normalisers):
        return []
    best = max(cell.mean for cell in cells.values())

    def line(score: str) -> list[str]:
        row = [cells[score, normaliser] for normaliser in normalisers]
        return [score, *(_bold(plus_minus(cell), cell.mean == best) for cell in row)]

    lines = [line(score) for score in scores]
    return list(markdown_table([f"test {title_of(table.metric)}", *normalisers], lines))


def cost_table(table: Table) -> Iterable[str]:
    """At what cost: parameters, speeds, seconds, memory."""
    header = [
        "model",
        "encoder parameters",
        "all parameters",
        "training texts/s",
        "inference texts/s",
        "one text, ms",
        "fit, s",
        "peak memory, MB",
    ]

    def cells(model: ModelSummary) -> list[str]:
        speed = model.speed or {}
        return [
            markdown(model.model),
            f"{model.parameters['encoder']:,}",
            f"{model.parameters['total']:,}",
            _number(speed.get("train_examples_per_second")),
            _number(speed.get("inference_examples_per_second")),
            "–" if not speed else f"{speed['inference_latency_ms']:.1f}",
            f"{model.fit_seconds:.1f}",
            _number(model.peak_memory_mb),
        ]

    return markdown_table(header, [cells(model) for model in table.models])


def plus_minus(interval: Interval) -> str:
    """``0.8123`` with its interval to ``81.23 ± 0.42``."""
    if interval.high is None:
        return f"{100 * interval.mean:.2f}"
    return f"{100 * interval.mean:.2f} ± {100 * (interval.high - interval.mean):.2f}"


def _difference(model: ModelSummary) -> str:
    if model.difference is None:
        return "best"
    return _signed(model.difference) + (" ≈" if model.ties else "")


def _signed(difference: Interval) -> str:
    mean, low, high = difference
    interval = "" if low is None or high is None else f" [{100 * low:+.2f}, {100 * high:+.2f}]"
    return f"{100 * mean:+.2f}{interval}"


def _bold(text: str, best: bool) -> str:
    return f"**{text}**" if best else text


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
