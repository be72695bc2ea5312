"""Row parts: the values that a row of results holds, as typed objects that cannot be changed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from textclf.bounds import shown
from textclf.metrics import is_percent


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected words, not {shown(value)}")
    return value


def _with_test(splits: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Check that there are test metrics, and that each metric that tables show in percent is a fraction."""
    if "test" not in splits:
        raise ValueError("lacks test")
    for name, value in splits["test"].items():
        if not 0 <= value <= 1 and is_percent(name):
            raise ValueError(f"test.{name}: expected a number from 0 to 1, not {value}")
    return splits


# Unlike pydantic's strings, this type allows lone surrogates, which file names can contain.
Text = Annotated[str, PlainValidator(_text)]
SplitMetrics = Annotated[dict[str, dict[str, float]], AfterValidator(_with_test)]  # split -> metric -> value


class Part(BaseModel):
    """A part of a row. Keys that this version does not know are kept."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="allow")


class SplitSizes(Part):
    """The number of rows of each split."""

    train: int
    validation: int
    test: int


class Parameters(Part):
    """The number of parameters of a model, frozen ones included; ``encoder`` is 0 for a baseline.

    ``pretrained`` are those that come from a pretrained model or from word vectors, ``trained`` those that training
    changes; None in older rows.
    """

    total: int
    embedding: int
    encoder: int
    classifier: int
    pretrained: int = 0
    trained: int | None = None


class Speeds(Part):
    """Texts and tokens per second, and the milliseconds to predict a single text."""

    train_examples_per_second: float = Field(gt=0)
    train_tokens_per_second: float
    inference_examples_per_second: float = Field(gt=0)
    inference_latency_ms: float


class Epoch(Part):
    """An epoch: its number from 1, its size, its losses and the validation value of the metric that decides."""

    epoch: int
    train_loss: float
    seconds: float
    examples: int
    tokens: int
    validation_loss: float | None
    validation_metric: float | None


class Provenance(Part):
    """Where a row comes from.

    ``threads`` are the threads of the run, ``data_sha256`` is a hash of its corpus and its word vectors, ``plugins``
    maps files to their SHA-256, and ``packages`` maps packages with parts of the run to their versions.
    """

    commit: str | None
    revision: int = 1
    versions: dict[str, str]
    machine: str
    instruction_sets: list[str] | None = None
    device: str
    precision: str
    threads: int
    started_at: str
    data_sha256: str
    plugins: dict[str, str] | None = None
    packages: dict[str, str] | None = None
