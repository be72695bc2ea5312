"""From sections to records: what is measured again replaces what an earlier benchmark left of it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from statistics import median

import torch
from rich.console import Console

from textclf.bench.measurement import MODELS, Measurement, Options, name_of
from textclf.bench.page import RECORDS
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.provenance import provenance
from textclf.results.marker import Marker, claim, results_folder
from textclf.results.row_parts import Provenance
from textclf.results.rows import BenchRecord
from textclf.results.store import read_rows
from textclf.results.writing import replacing
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import resolve_device

SECTIONS = (
    "training",
    "step",
    "precision",
    "inference",
    "texts",
    "lengths",
    "overhead",
    "gpu",
)  # a file of this folder each


def run_benchmark(sections: Iterable[str], options: Options, out: str | Path) -> Path:
    """Measure ``sections``, all if none is named; the folder of records.

    Raises
    ------
    ConfigurationError
        If there is no such section or model.
    OutputError
        If the folder holds anything else, cannot be written, or if another process is writing to it.
    """
    named_sections = list(dict.fromkeys(sections))
    chosen = named_sections or list(SECTIONS)
    named = [name_of(model) for model in MODELS]
    problems = [
        f'there is no {kind} "{name}"; {did_you_mean(name, known)}'
        for kind, given, known in (("section", chosen, SECTIONS), ("model", options.models, named))
        for name in given
        if name not in known
    ]
    if "gpu" in named_sections and not torch.cuda.is_available():
        problems.append('section "gpu": there is no GPU here; leave it out')
    if problems:
        raise ConfigurationError(problems)
    folder = results_folder(out)
    console = Console(stderr=True)
    with claim(folder, Marker(textclf="bench")):
        records = {_identity(record): record for record in read_rows(folder, BenchRecord)}
        for name in chosen:
            for measurement in import_module(f"textclf.bench.{name}").measure(options):
                record = record_of(name, measurement, options)
                records.pop(_identity(record), None)  # so that it stands with those that are measured with it
                records[_identity(record)] = record
                console.print(told(measurement), markup=False, highlight=False, soft_wrap=True)
                _write(folder / RECORDS, records.values())
    return folder


def _identity(record: BenchRecord) -> tuple[str, ...]:
    return record.section, record.subject, record.variant


def record_of(part: str, measurement: Measurement, options: Options) -> BenchRecord:
    """A line of the records."""
    device = resolve_device("auto")
    made = provenance(str(device), resolve_precision("auto", device), measurement.detail.get("threads", 1), "")
    return BenchRecord(
        part=part,
        section=measurement.section,
        subject=measurement.subject,
        variant=measurement.variant,
        unit=measurement.unit,
        values=measurement.values,
        detail=measurement.detail,
        datasets={"sentences": options.sentences, "documents": options.documents},
        provenance=Provenance.model_validate(made),
    )


def told(measurement: Measurement) -> str:
    """A measurement in a line."""
    values = measurement.values
    spread = f" ({min(values):.4g} to {max(values):.4g})" if len(values) > 1 else ""
    what = f"{measurement.section}: {measurement.subject}, {measurement.variant}"
    return f"{what}: {median(values):.4g} {measurement.unit}{spread}"


def _write(path: Path, records: Iterable[BenchRecord]) -> None:
    lines = [record.to_json() + "\n" for record in records]
    with replacing(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
