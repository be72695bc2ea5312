"""From sections to records: what is measured again replaces what an earlier benchmark left of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from textclf.bench.measurement import MODELS, Measurement, Options, name_of
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
        If there is no such section or model.
    """
    chosen = list(sections) or list(SECTIONS)
    named = [name_of(model) for model in MODELS]
    problems = [
        f'there is no {kind} "{name}"; {did_you_mean(name, known)}'
        for kind, given, known in (("section", chosen, SECTIONS), ("model", options.models, named))
        for name in given
        if name not in known
    ]
    if problems:
        raise ConfigurationError(problems)
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    records = {_identity(record): record for record in read_rows(out, RECORDS)}
    for name in chosen:
        for measurement in import_module(f"textclf.bench.{name}").measure(options):
            record = record_of(name, measurement, options)
            records.pop(_identity(record), None)  # so that it stands with those that are measured with it
            records[_identity(record)] = record
            console.print(told(measurement), markup=False, highlight=False, soft_wrap=True)
            _write(out / RECORDS, records.values())
    return out


def _identity(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(record[key] for key in ("section", "subject", "variant"))


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


def _write(path: Path, records: Iterable[dict[str, Any]]) -> None:
    temporary = path.with_suffix(".partial")
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    temporary.write_text("".join(lines), encoding="utf-8")
    os.replace(temporary, path)
