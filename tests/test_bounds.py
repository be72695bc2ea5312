"""Bounds: every number of a configuration has a lower and an upper bound, and the message names its key."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.bounds import shown
from textclf.config import RunConfig, Settings
from textclf.encoders import ENCODERS
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError, TextclfError
from textclf.estimator import TextClassifier
from textclf.registry import Registry

HUGE = [10**48, 10**5000, -(10**48), 1e300, -1e300, math.inf, math.nan, True]


def is_number(annotation: object) -> bool:
    """Return whether an annotation contains int or float, as ``Annotated[int, …] | None`` or a number tuple."""
    return any(word in str(annotation) for word in ("int", "float")) and "Literal" not in str(annotation)


def numbers_of(registry: Registry) -> Iterator[tuple[Registry, str, str, bool]]:
    for name in registry:
        for key, field in registry[name].Options.model_fields.items():
            if is_number(field.annotation):
                yield registry, name, key, "tuple" in str(field.annotation)


OPTIONS = [
    option for registry in (ENCODERS, POOLINGS, SCORES, NORMALISERS, INTERACTIONS) for option in numbers_of(registry)
]
SETTINGS = [key for key, field in Settings.model_fields.items() if is_number(field.annotation)]


def test_options_with_numbers_are_found() -> None:
    options = {(name, key) for _, name, key, _ in OPTIONS}
    assert {("cnn", "windows"), ("lstm", "layers"), ("structured", "penalty"), ("hard", "temperature")} <= options
    assert {"seed", "hidden_dim", "train_rows", "dropout", "learning_rate"} <= set(SETTINGS)
    assert "device" not in SETTINGS


@pytest.mark.parametrize("value", HUGE, ids=lambda value: shown(value)[:12])
@pytest.mark.parametrize(("registry", "name", "key", "several"), OPTIONS, ids=lambda value: str(value)[:20])
def test_every_option_is_bounded(registry: Registry, name: str, key: str, several: bool, value: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.options(name, {key: [value] if several else value})
    (problem,) = caught.value.problems
    assert problem.key in {key, f"{key}.0"}
    assert len(str(problem)) < 250


@pytest.mark.parametrize("value", HUGE, ids=lambda value: shown(value)[:12])
@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_is_bounded(key: str, value: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RunConfig.parse({"encoder": "lstm", "folds": 3, key: value})
    (problem,) = caught.value.problems
    assert problem.key == key
    assert len(str(problem)) < 250


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"hidden_dim": 65_537}, "hidden_dim: input should be less than or equal to 65536, not 65537"),
        ({"seed": 2**31}, "seed: input should be less than 2147483648, not 2147483648"),
        ({"windows": [3, 1001]}, "windows.1: input should be less than or equal to 1000, not 1001"),
        ({"windows": [3] * 33}, "windows: "),
        ({"filters": True}, "filters: expected a number, not True"),
    ],
)
def test_the_first_value_beyond_a_bound_is_refused_with_the_bound(keys: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RunConfig.parse({"encoder": "cnn"} | keys)
    assert str(caught.value).startswith(message)


def test_the_last_value_within_a_bound_is_accepted() -> None:
    keys = {"hidden_dim": 65_536, "seed": 2**31 - 1, "windows": [1000] * 32, "learning_rate": 1e38, "dropout": 0}
    assert {key: RunConfig.parse({"encoder": "cnn"} | keys).flat()[key] for key in keys} == keys


@pytest.mark.parametrize("keys", [{"hidden_dim": 65_536}, {"embedding_dim": 65_536, "encoder": "none"}])
def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_built(keys: dict, monkeypatch) -> None:
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: 10**6)
    with pytest.raises(
        TextclfError, match=r"would take [\d.]+ GB of memory, and 0\.0 GB are free; lower one of"
    ) as caught:
        TextClassifier(**{"encoder": "lstm", **keys}).fit(["good film", "bad film"], ["pos", "neg"])
    assert all(key in str(caught.value) for key in keys if key != "encoder")


def test_a_model_that_fits_is_trained(monkeypatch) -> None:
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: 10**6)
    model = TextClassifier(encoder="none", hidden_dim=4, embedding_dim=4, epochs=1)
    assert model.fit(["good film", "bad film"], ["pos", "neg"]).predict(["good"]).shape == (1,)
