"""From sections to records: each section's measurements replace those that an earlier benchmark left of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from textclf.bench.measurement import Measurement, Options
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.provenance import provenance
from textclf.experiment.store import read_rows
from textclf.report.bench import RECORDS
from textclf.training.device import resolve_device, resolve_precision

SECTIONS = ("training", "step", "inference", "texts", "lengths", "overhead", "gpu")  # a file of this folder each


def run_benchmark(sections: Iterable[str], options: Options, out: Path) -> Path:
    """Measure ``sections``, all if none is named; the folder of records.

    Raises
    ------
    ConfigurationError
        If there is no such section.
    """
    chosen = list(sections) or list(SECTIONS)
    for name in chosen:
        if name not in SECTIONS:
            raise ConfigurationError(f'there is no section "{name}"; {did_you_mean(name, SECTIONS)}')
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    for name in chosen:
        kept = [record for record in read_rows(out, RECORDS) if record["part"] != name]
        made = []
        for measurement in import_module(f"textclf.bench.{name}").measure(options):
            made.append(record_of(name, measurement, options))
            console.print(told(measurement), markup=False, highlight=False, soft_wrap=True)
        _write(out / RECORDS, kept + made)
    return out


def record_of(part: str, measurement: Measurement, options: Options) -> dict[str, Any]:
    """A line of the records."""
    device = resolve_device("auto")
    made = provenance(str(device), resolve_precision("auto", device), measurement.detail.get("threads", 1), "")
    return {
        "part": part,
        "section": measurement.section,
        "subject": measurement.subject,
        "variant": measurement.variant,
        "unit": measurement.unit,
        "values": measurement.values,
        "detail": measurement.detail,
        "datasets": {"sentences": options.sentences, "documents": options.documents},
        "provenance": made,
    }


def told(measurement: Measurement) -> str:
    """A measurement in a line."""
    values = measurement.values
    spread = f" ({min(values):.4g} to {max(values):.4g})" if len(values) > 1 else ""
    what = f"{measurement.section}: {measurement.subject}, {measurement.variant}"
    return f"{what}: {median(values):.4g} {measurement.unit}{spread}"


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    temporary = path.with_suffix(".partial")
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    temporary.write_text("".join(lines), encoding="utf-8")
    os.replace(temporary, path)
