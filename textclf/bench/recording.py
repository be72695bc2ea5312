"""Recording: measure sections and write records; a new record of a quantity replaces the old one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from rich.console import Console

from textclf.bench.measurement import MODELS, Measurement, Options, name_of
from textclf.bench.records import read_bench_records
from textclf.bench.section import SECTIONS
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.provenance import provenance
from textclf.results.marker import Marker, claim, results_folder
from textclf.results.row_parts import Provenance
from textclf.results.rows import BENCH, BenchRecord
from textclf.results.writing import replacing
from textclf.training.bfloat16 import resolve_precision
from textclf.training.device import resolve_device


def run_benchmark(sections: Iterable[str], options: Options, out: str | Path) -> Path:
    """Measure ``sections``; by default all sections that this machine can measure.

    Returns
    -------
    Path
        The folder of the records.

    Raises
    ------
    ConfigurationError
        If there is no such section or model, or if this machine cannot measure a section that is named.
    OutputError
        If the folder holds other files or cannot be written, or if another process is writing to it.
    """
    named = list(dict.fromkeys(sections))
    problems = [*_unknown("section", named, SECTIONS), *_unknown("model", options.models, map(name_of, MODELS))]
    obstacles = {name: SECTIONS[name]().obstacle() for name in named or SECTIONS if name in SECTIONS}
    problems += [f'section "{name}": {obstacles[name]}' for name in named if obstacles.get(name)]
    if problems:
        raise ConfigurationError(problems)
    folder = results_folder(out)
    with claim(folder, Marker(textclf="bench")):
        for name in [name for name, obstacle in obstacles.items() if obstacle is None]:
            _record_section(name, options, folder)
    return folder


def _unknown(kind: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """A problem for each name that is not known."""
    known = list(known)
    return [f'there is no {kind} "{name}"; {did_you_mean(name, known)}' for name in names if name not in known]


def _record_section(name: str, options: Options, folder: Path) -> None:
    """Measure a section, and write the records after each measurement, so that an interruption loses nothing."""
    console = Console(stderr=True)
    records = {_identity(record): record for record in read_bench_records(folder)}
    for measurement in SECTIONS[name]().measure(options):
        record = _record_of(name, measurement, options)
        records.pop(_identity(record), None)  # the new record is moved to the end
        records[_identity(record)] = record
        console.print(_line_of(measurement), markup=False, highlight=False, soft_wrap=True)
        _write(folder / BENCH, records.values())


def _identity(record: BenchRecord) -> tuple[str, str, str]:
    return record.section, record.subject, record.variant


def _record_of(part: str, measurement: Measurement, options: Options) -> BenchRecord:
    device = resolve_device("auto")
    threads = measurement.detail.get("threads", 1)
    origin = provenance(str(device), resolve_precision("auto", device), threads, "")
    return BenchRecord(
        part=part,
        section=measurement.section,
        subject=measurement.subject,
        variant=measurement.variant,
        unit=measurement.unit,
        values=measurement.values,
        detail=measurement.detail,
        datasets={"sentences": options.sentences, "documents": options.documents},
        provenance=Provenance.model_validate(origin),
    )


def _line_of(measurement: Measurement) -> str:
    """A measurement as one line of progress."""
    values = measurement.values
    spread = f" ({min(values):.4g} to {max(values):.4g})" if len(values) > 1 else ""
    quantity = f"{measurement.section}: {measurement.subject}, {measurement.variant}"
    return f"{quantity}: {median(values):.4g} {measurement.unit}{spread}"


def _write(path: Path, records: Iterable[BenchRecord]) -> None:
    lines = [record.to_json() + "\n" for record in records]
    with replacing(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
