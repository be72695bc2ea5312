"""The top-level keys of an experiment file, validated."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from textclf.bounds import Seed, shown


def _without_repeats(seeds: list[int]) -> list[int]:
    repeated = [seed for seed, count in Counter(seeds).items() if count > 1]
    if repeated:
        raise ValueError(f"{', '.join(map(str, repeated))}: given twice; give each seed once")
    return seeds


def _dataset(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        raise ValueError(f"expected a name or keys, not {shown(value)}; quote a name that is a number")
    return value


def _contrasts(value: Any) -> Any:
    lists = value.values() if isinstance(value, dict) else [None]
    for models in lists:
        if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
            raise ValueError(
                f"expected models with lists of models, such as {{lstm-last: [lstm-max, cnn]}}, not {shown(value)}; "
                "quote a name that is a number"
            )
    return value


Seeds = Annotated[list[Seed], Field(min_length=1, max_length=10_000), AfterValidator(_without_repeats)]
SEEDS = TypeAdapter[list[int]](Seeds)  # validates the seeds of one dataset


class ExperimentFile(BaseModel):
    """The keys of an experiment file. ``contrasts`` maps a model to the models that the report compares with it."""

    model_config = ConfigDict(extra="forbid")

    datasets: list[Annotated[dict[str, Any], BeforeValidator(_dataset)]] = Field(min_length=1, max_length=100)
    seeds: Seeds = [0]
    shared: dict[str, Any] = {}
    models: list[dict[str, Any]] = Field(min_length=1, max_length=500)
    contrasts: Annotated[dict[str, list[str]], BeforeValidator(_contrasts)] = {}
