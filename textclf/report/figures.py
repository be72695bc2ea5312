"""Figures: the test score of each model with its interval, against speed, and against parameters."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.text import Text

from textclf.escape import visible
from textclf.report.cells import column_title
from textclf.results.experiment_records import Records
from textclf.results.summaries import DatasetSummary, ModelSummary
from textclf.results.tables import quality_table

POINT, BEST = "#4c78a8", "#d95f02"  # distinguishable with any colour vision
WIDTH, HEIGHT, FONT = 320, 260, 11
TITLE_CELLS = 60  # the maximum width of a title, in characters of a terminal
NOTE_CHARACTERS = 70  # the maximum length of a line below a title
PERCENT = (0.0, 100.0)  # the range of scores in percent; intervals are cut to it
ANY = (-inf, inf)
FAR = 15  # percentage points; a model that is worse than the median by more than this is not drawn
NAMED = 14  # the maximum number of labels; with more models, only the best is labelled


FIGURES = {f"figures/{name}.svg" for name in ("score", "score-speed", "score-parameters")}


def write_figures(records: Records, place: Path) -> list[tuple[str, str]]:
    """Write the SVG files to ``place``; return their paths relative to it, with captions."""
    if not records.datasets:
        return []
    folder = place / "figures"
    folder.mkdir(exist_ok=True)
    metrics = dict.fromkeys(dataset.metric.title for dataset in records.datasets)
    what = f"Test {' or '.join(metrics)}"
    figures = [
        ("score.svg", f"{what} of each model with its 95 % interval", [_scores(one) for one in records.datasets]),
        (
            "score-speed.svg",
            f"{what} against training speed",
            [_against(one, "speed", "training texts a second (log scale)") for one in records.datasets],
        ),
        (
            "score-parameters.svg",
            f"{what} against parameters of the encoder",
            [_against(one, "parameters", "parameters of the encoder, in thousands") for one in records.datasets],
        ),
    ]
    written = []
    for name, caption, charts in figures:
        charts = [chart for chart in charts if chart is not None]
        if charts:
            rows = [alt.hconcat(*charts[at : at + 2], spacing=30) for at in range(0, len(charts), 2)]
            save_chart(alt.vconcat(*rows, spacing=30), folder / name)
            written.append((f"figures/{name}", caption))
    return written


def save_chart(chart: Any, path: Path) -> None:
    """Write a chart in the common style. Vega must not shorten labels: it may cut through a character."""
    chart.configure(font="sans-serif", background="white").configure_view(stroke=None).configure_axis(
        labelFontSize=12, labelLimit=0, titleFontSize=12, titleFontWeight="normal", gridColor="#e6e6e6"
    ).save(path)


def _frame(dataset: DatasetSummary) -> pd.DataFrame:
    return pd.DataFrame([_point(model, dataset) for model in dataset.models])


def _point(model: ModelSummary, dataset: DatasetSummary) -> dict[str, Any]:
    mean, low, high = model.score
    factor, (least, most) = (100, PERCENT) if dataset.metric.percent else (1, ANY)
    return {
        "model": visible(model.model),
        "score": factor * mean,
        "low": max(factor * (mean if low is None else low), least),
        "high": min(factor * (mean if high is None else high), most),
        "best": model.difference is None,
        "speed": model.speed.train_examples_per_second if model.speed else None,
        "parameters": model.encoder_parameters / 1000,
        "baseline": model.kind == "baseline",
    }


def _without_outliers(dataset: DatasetSummary, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Leave out models far worse than the median, and return a note that names them.

    They would hide the differences between the other models. All models stay if the metric is not in percent, because
    its scale is not known.
    """
    if not dataset.metric.percent:
        return frame, ""
    below = frame["score"].median() - frame["score"]
    far = (below if dataset.metric.higher_is_better else -below) > FAR
    names = ", ".join(f"{row.model} {row.score:.1f}" for row in frame[far].itertuples())
    return frame[~far], f"not drawn: {names}" if names else ""


def _score_title(dataset: DatasetSummary) -> str:
    column = quality_table(dataset).columns[1]
    return column_title(column) + (", %" if column.unit == "%" else "")


def _title(dataset: DatasetSummary, note: str) -> alt.TitleParams:
    lines = wrap(note, NOTE_CHARACTERS, break_long_words=False, break_on_hyphens=False)
    subtitle = lines if len(lines) > 1 else note
    return alt.TitleParams(_cut(dataset.title), subtitle=subtitle, anchor="start", subtitleColor="#666666")


def _cut(text: str) -> str:
    """Shorten a text to `TITLE_CELLS`."""
    shown = Text(visible(text))
    shown.truncate(TITLE_CELLS, overflow="ellipsis")
    return shown.plain


def _scores(dataset: DatasetSummary) -> Any:
    frame, note = _without_outliers(dataset, _frame(dataset))
    order: Literal["ascending", "descending"] = "descending" if dataset.metric.higher_is_better else "ascending"
    models = alt.Y("model:N", sort=alt.EncodingSortField("score", order=order), title=None)
    base = alt.Chart(frame, width=WIDTH, height=alt.Step(22), title=_title(dataset, note))
    scale = alt.Scale(zero=False, nice=True)
    bars = base.mark_rule(strokeWidth=2).encode(
        y=models,
        x=alt.X("low:Q", scale=scale, title=_score_title(dataset), axis=alt.Axis(tickCount=6, labelFlush=False)),
        x2="high:Q",
        color=_best_colour(),
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=models, x=alt.X("score:Q", scale=scale), color=_best_colour()
    )
    return alt.layer(bars, points)


def _against(dataset: DatasetSummary, column: str, title: str) -> Any:
    """Return the chart of the score against ``column``, with names of models; None if there are no points."""
    frame, note = _without_outliers(dataset, _frame(dataset).dropna(subset=[column]))
    if column == "parameters":
        frame = frame[~frame["baseline"]]
    if frame.empty:
        return None
    log = column == "speed"
    costs = np.log10(frame[column]) if log else frame[column]
    across, up = _domain(costs, least=0.1), _domain(frame["score"], least=1 if dataset.metric.percent else 0.01)
    up = np.clip(up, *(PERCENT if dataset.metric.percent else ANY)).tolist()
    if len(frame) > NAMED:
        frame = frame.assign(model=frame["model"].where(frame["best"], ""))
        note = "; ".join(filter(None, [note, "only the best is labelled"]))
    places = label_places(_pixels(costs, across, WIDTH), _pixels(frame["score"], up, HEIGHT), frame["model"])
    labelled = [name if place else "" for name, place in zip(frame["model"], places, strict=True)]
    if labelled != list(frame["model"]):
        frame = frame.assign(model=labelled)
        note = "; ".join(filter(None, [note, "a model without room for its label has none"]))
    labels = np.array([place or (0, 0) for place in places])
    label_x = across[0] + labels[:, 0] / WIDTH * (across[1] - across[0])
    frame = frame.assign(
        label_x=10**label_x if log else label_x, label_y=up[0] + labels[:, 1] / HEIGHT * (up[1] - up[0])
    )
    x = (
        alt.Scale(type="log", domain=[10**end for end in across], nice=False)
        if log
        else alt.Scale(domain=across, nice=False)
    )
    y = alt.Scale(domain=up, nice=False)
    base = alt.Chart(frame, width=WIDTH, height=HEIGHT, title=_title(dataset, note))
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X(
            f"{column}:Q", scale=x, title=title, axis=alt.Axis(tickCount=5, labelOverlap="greedy", labelSeparation=10)
        ),
        y=alt.Y("score:Q", scale=y, title=_score_title(dataset)),
        color=_best_colour(),
    )
    names = base.mark_text(fontSize=FONT).encode(x="label_x:Q", y="label_y:Q", text="model:N", color=_best_colour())
    return alt.layer(points, names)


def _domain(values: pd.Series, least: float) -> list[float]:
    """The range of the values with a margin on both sides, at least ``least`` wide."""
    width = values.max() - values.min()
    room = max(0.08 * width, (least - width) / 2)
    return [float(values.min() - room), float(values.max() + room)]


def _pixels(values: pd.Series, domain: list[float], length: int) -> list[float]:
    return [(value - domain[0]) / (domain[1] - domain[0]) * length for value in values]


def label_places(xs: list[float], ys: list[float], names: Iterable[str]) -> list[tuple[float, float] | None]:
    """Return the centre of each label in pixels: the first free place near its point, or None if none is free."""
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in zip(xs, ys, strict=True)]
    places: list[tuple[float, float] | None] = []
    for x, y, name in zip(xs, ys, names, strict=True):
        half = cell_len(name) * FONT * 0.27
        beside = [(side * (half + 8), up) for up in (0, 8, -8) for side in (1, -1)]
        further = [(side * half, up * HEIGHT / 40) for up in range(2, 20) for side in (0, 0.7, -0.7)]
        inwards = min(max(x, half), WIDTH - half) - x  # for a long label of a point near the left or right end
        further += [(inwards, up * HEIGHT / 40) for up in range(2, 6)]
        free = None
        for right, up in beside + [(right, sign * up) for right, up in further for sign in (1, -1)]:
            box = (x + right - half, y + up - FONT / 2, x + right + half, y + up + FONT / 2)
            inside = box[0] >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT
            if inside and not any(_overlap(box, other) for other in taken):
                free = (x + right, y + up)
                taken.append(box)
                break
        places.append(free)
    return places


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _best_colour() -> alt.Color:
    return alt.Color("best:N", scale=alt.Scale(domain=[False, True], range=[POINT, BEST]), legend=None)
