"""The chart of costs against sizes, for the sections on growth."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from textclf.bench.records import BenchRecord, median_of


def growth_chart(table: dict[str, dict[str, BenchRecord]], column: str, title: str, legend: str) -> Any:
    """Seconds against sizes, on log scales, with a line for each subject of ``table``."""
    frame = pd.DataFrame(
        [
            {column: int(size), legend: subject, "seconds": median_of(record)}
            for subject, sizes in table.items()
            for size, record in sizes.items()
        ]
    )
    sizes = sorted(frame[column].unique().tolist())
    base = alt.Chart(frame, width=460, height=300).encode(
        x=alt.X(f"{column}:Q", title=f"{title} (log scale)", scale=alt.Scale(type="log"), axis=alt.Axis(values=sizes)),
        y=alt.Y("seconds:Q", title="seconds (log scale)", scale=alt.Scale(type="log")),
        color=alt.Color(f"{legend}:N", title=None, sort=list(table), scale=alt.Scale(scheme="tableau10")),
    )
    return base.mark_line() + base.mark_point(filled=True, size=40)
