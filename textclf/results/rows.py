"""Lines of the files of a results folder: what each has to hold so that it can be used."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from textclf.bounds import shown
from textclf.errors import DataError
from textclf.registry import problems_of

Row = dict[str, Any]

RUNS, SPEEDS, PLANNED, BENCH = "runs.jsonl", "speed.jsonl", "planned.jsonl", "bench.jsonl"
IDENTITY = ("dataset", "condition", "model", "seed", "split_seed", "fold")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected words, not {shown(value)}")
    return value


Text = Annotated[str, PlainValidator(_text)]  # also with the lone surrogates of a file's name, unlike pydantic's


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    schema_version: Literal[1] = 1


class _Run(_Line):
    fingerprint: str
    status: Literal["ok", "failed"]
    error: Text | None
    dataset: Text
    condition: Text
    model: Text
    seed: int
    split_seed: int
    fold: int | None
    encoder: str
    config: dict[str, Any]


class _Sizes(BaseModel):
    train: int
    validation: int
    test: int


class _Metrics(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float] = Field(init=False)

    accuracy: float = Field(ge=0, le=1)
    macro_f1: float = Field(ge=0, le=1)


class _Splits(BaseModel):
    test: _Metrics


class _Parameters(BaseModel):
    encoder: int
    total: int


class _Origin(BaseModel):
    data_sha256: str
    machine: str
    versions: dict[str, str]
    device: str
    precision: str
    threads: int
    commit: str | None
    started_at: str


class _OkRun(_Run):
    score: str | None
    normaliser: str | None
    rows: _Sizes
    metrics: _Splits
    warnings: list[Text] = []
    parameters: _Parameters
    fit_seconds: float
    epochs: list[dict[str, Any]]
    peak_memory_mb: float
    near_duplicates: int | None = None
    provenance: _Origin


class _Rates(BaseModel):
    train_examples_per_second: float = Field(gt=0)
    inference_examples_per_second: float = Field(gt=0)
    inference_latency_ms: float


class _Speed(_Line):
    fingerprint: str
    dataset: Text
    condition: Text
    model: Text
    speed: _Rates


class _Planned(_Line):
    fingerprint: str
    speed: str
    dataset: Text
    model: Text


class _Measured(_Line):
    part: str
    section: str
    subject: str
    variant: str
    unit: str
    values: list[float] = Field(min_length=1)
    detail: dict[str, Any]
    datasets: dict[str, str]
    provenance: dict[str, Any]


LINES: dict[str, type[_Line]] = {RUNS: _Run, SPEEDS: _Speed, PLANNED: _Planned, BENCH: _Measured}


def parse_row(line: str, name: str, where: str) -> Row:
    """The row that a line of the file ``name`` is; ``where`` names the line in messages.

    Raises
    ------
    DataError
        If it is no row, lacks keys or has wrong values.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({getattr(error, 'msg', error)}); remove the line and resume") from None
    if not isinstance(row, dict):
        raise DataError(f"{where}: no row, which is a JSON object; remove the line and resume")
    try:
        (_OkRun if name == RUNS and row.get("status") == "ok" else LINES[name]).model_validate(row)
    except ValidationError as error:
        raise DataError(f"{where}: {_problem(error)}; remove the line and resume") from None
    return row


def _problem(error: ValidationError) -> str:
    lacking = [".".join(map(str, item["loc"])) for item in error.errors() if item["type"] == "missing"]
    return f"lacks {', '.join(lacking)}" if lacking else str(problems_of(error)[0])
