"""The benchmark's page: how costs grow with the number and the length of texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median

import altair as alt
import pandas as pd

from textclf.bench.records import Sections, exponent, middle, short, spread
from textclf.report.figures import save_chart
from textclf.report.markdown_tables import markdown_table

LONG = 256  # words; from here on what grows fastest decides


def texts_lines(sections: Sections, folder: Path) -> Iterable[str]:
    measured = sections.of("texts")
    sizes = list(next(iter(measured.values())))
    memory = {name: found for name, found in measured.items() if name.startswith("peak memory")}
    stages = {name: found for name, found in measured.items() if name not in memory}
    yield from ["", "## Growth with the number of texts", ""]
    yield (
        "Generated texts of 20 words, bag of embeddings, one epoch, one core; each size in a process of its own. "
        "The exponent is the slope between the two largest sizes, in logarithms: 1 is linear."
    )
    yield ""
    header = ["seconds", *(f"{int(size):,} texts" for size in sizes), "exponent"]
    last = sizes[-2:]
    rows = [
        [
            stage,
            *(spread(found[size]) for size in sizes),
            f"{exponent(map(float, last), [found[size].values[0] for size in last]):.2f}" if last[1:] else "–",
        ]
        for stage, found in stages.items()
    ]
    rows += [[f"{name}, MiB", *(spread(found[size]) for size in sizes), ""] for name, found in memory.items()]
    yield from markdown_table(header, rows)
    frame = pd.DataFrame(
        [
            {"texts": int(size), "stage": stage, "seconds": found[size].values[0]}
            for stage, found in stages.items()
            for size in sizes
        ]
    )
    _chart(frame, "texts", "texts", "stage", list(stages), folder / "figures/texts.svg")
    yield from ["", "![Seconds of each stage against the number of texts](figures/texts.svg)"]


def lengths_lines(sections: Sections, folder: Path) -> Iterable[str]:
    measured = sections.of("lengths")
    first = next(iter(measured.values()))
    sizes, texts = list(first), next(iter(first.values())).detail["texts"]
    yield from ["", f"## Growth with the length of texts, milliseconds a training step of {texts} texts, one core", ""]
    yield f"The exponent is fitted from {LONG} words on: 1 is linear, 2 quadratic."
    yield ""
    long = [size for size in sizes if int(size) >= LONG]
    rows = [
        [
            model,
            *(short(1000 * median(found[size].values)) for size in sizes),
            f"{exponent(map(float, long), [median(found[size].values) for size in long]):.2f}",
        ]
        for model, found in measured.items()
    ]
    yield from markdown_table(["model", *(f"{size} words" for size in sizes), "exponent"], rows)
    frame = pd.DataFrame(
        [
            {"words": int(size), "model": model, "seconds": middle(found[size])}
            for model, found in measured.items()
            for size in sizes
        ]
    )
    _chart(frame, "words", "words a text", "model", list(measured), folder / "figures/lengths.svg")
    yield from ["", "![Seconds of a training step against the length of texts](figures/lengths.svg)"]


def _chart(frame: pd.DataFrame, column: str, title: str, who: str, order: list[str], path: Path) -> None:
    """Costs against sizes, both on a log scale, a line for each of ``order``."""
    sizes = sorted(frame[column].unique().tolist())
    base = alt.Chart(frame, width=460, height=300).encode(
        x=alt.X(f"{column}:Q", title=f"{title} (log scale)", scale=alt.Scale(type="log"), axis=alt.Axis(values=sizes)),
        y=alt.Y("seconds:Q", title="seconds (log scale)", scale=alt.Scale(type="log")),
        color=alt.Color(f"{who}:N", title=None, sort=order, scale=alt.Scale(scheme="tableau10")),
    )
    save_chart(base.mark_line() + base.mark_point(filled=True, size=40), path)
