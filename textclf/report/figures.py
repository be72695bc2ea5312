"""Figures: accuracy with intervals, accuracy against speed, accuracy against parameters."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from textclf.report.records import ModelSummary, Records, Table

POINT, BEST = "#4c78a8", "#d95f02"  # told apart with any colour vision
WIDTH, HEIGHT = 300, 260


def write_figures(records: Records) -> list[tuple[str, str]]:
    """Write the SVG files; their paths relative to the report, with captions."""
    if not records.tables:
        return []
    folder = records.folder / "figures"
    folder.mkdir(exist_ok=True)
    made = [
        ("accuracy.svg", "Test accuracy of each model with its 95 % interval", [_accuracy(t) for t in records.tables]),
        (
            "accuracy-speed.svg",
            "Test accuracy against training speed",
            [_against(t, "speed", "training texts a second (log scale)") for t in records.tables],
        ),
        (
            "accuracy-parameters.svg",
            "Test accuracy against parameters of the encoder",
            [_against(t, "parameters", "parameters of the encoder, in thousands") for t in records.tables],
        ),
    ]
    found = []
    for name, caption, charts in made:
        charts = [chart for chart in charts if chart is not None]
        if charts:
            rows = [alt.hconcat(*charts[at : at + 2], spacing=30) for at in range(0, len(charts), 2)]
            whole = alt.vconcat(*rows, spacing=30)
            whole.configure(font="sans-serif", background="white").configure_view(stroke=None).configure_axis(
                labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#e6e6e6"
            ).save(folder / name)
            found.append((f"figures/{name}", caption))
    return found


def _frame(table: Table) -> pd.DataFrame:
    return pd.DataFrame([_point(model) for model in table.models])


def _point(model: ModelSummary) -> dict[str, Any]:
    mean, low, high = model.accuracy
    return {
        "model": model.model,
        "accuracy": 100 * mean,
        "low": 100 * (mean if low is None else low),
        "high": 100 * (mean if high is None else high),
        "best": model.difference is None,
        "speed": model.speed["train_examples_per_second"] if model.speed else None,
        "parameters": model.parameters["encoder"] / 1000,
        "baseline": model.parameters["encoder"] == 0 and not model.rows[0]["epochs"],
    }


def _without_outliers(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Models far below the rest (majority) would squeeze the others together: they are named, not drawn."""
    far = frame["accuracy"] < frame["accuracy"].median() - 15
    names = ", ".join(f"{row.model} {row.accuracy:.1f}" for row in frame[far].itertuples())
    return frame[~far], f"not drawn: {names}" if names else ""


def _title(table: Table, note: str) -> alt.TitleParams:
    return alt.TitleParams(table.title, subtitle=note, anchor="start", subtitleColor="#666666")


def _accuracy(table: Table) -> Any:
    frame, note = _without_outliers(_frame(table))
    models = alt.Y("model:N", sort=alt.EncodingSortField("accuracy", order="descending"), title=None)
    base = alt.Chart(frame, width=WIDTH, height=alt.Step(22), title=_title(table, note))
    scale = alt.Scale(zero=False, nice=True)
    bars = base.mark_rule(strokeWidth=2).encode(
        y=models, x=alt.X("low:Q", scale=scale, title="test accuracy, %"), x2="high:Q", color=_best_colour()
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=models, x=alt.X("accuracy:Q", scale=scale), color=_best_colour()
    )
    return alt.layer(bars, points)


def _against(table: Table, column: str, title: str) -> Any:
    """Accuracy against a cost; labels stand beside their points, moved apart where points are close."""
    frame, note = _without_outliers(_frame(table).dropna(subset=[column]))
    if column == "parameters":
        frame = frame[~frame["baseline"]]
    if frame.empty:
        return None
    frame = _placed(frame, column)
    scale = alt.Scale(type="log", padding=35) if column == "speed" else alt.Scale(zero=True, padding=35)
    x = alt.X(f"{column}:Q", scale=scale, title=title, axis=alt.Axis(tickCount=5))
    vertical = alt.Scale(zero=False, padding=16)
    base = alt.Chart(frame, width=WIDTH, height=HEIGHT, title=_title(table, note))
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x, y=alt.Y("accuracy:Q", scale=vertical, title="test accuracy, %"), color=_best_colour()
    )
    names = base.mark_text(fontSize=11).encode(
        x=x, y=alt.Y("label:Q", scale=vertical), text="model:N", color=_best_colour()
    )
    return alt.layer(points, names)


def _placed(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Where each label stands: above its point, and above any label that it would cover."""
    frame = frame.sort_values("accuracy")
    spread = max(frame["accuracy"].max() - frame["accuracy"].min(), 0.5)
    step = spread / HEIGHT * 15
    placed: list[float] = []
    for accuracy in frame["accuracy"]:
        label = accuracy + step * 0.8
        if placed and label < placed[-1] + step:
            label = placed[-1] + step
        placed.append(label)
    return frame.assign(label=placed)


def _best_colour() -> alt.Color:
    return alt.Color("best:N", scale=alt.Scale(domain=[False, True], range=[POINT, BEST]), legend=None)
