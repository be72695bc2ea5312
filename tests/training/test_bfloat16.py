"""The precision `auto`: when it is measured, which times decide, and where the choice is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from textclf.config import RunConfig
from textclf.experiment.grid import run_experiment
from textclf.results.store import read_rows
from textclf.training import bfloat16 as precision
from textclf.training.bfloat16 import resolve_precision, step_milliseconds, with_precision

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, float]]]:
    """A CPU with instructions for bfloat16; each measurement takes its result from the list, which a test fills."""
    results: list[dict[str, float]] = []
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "_measure", lambda: results.pop(0))
    step_milliseconds.cache_clear()
    yield results
    step_milliseconds.cache_clear()


@pytest.mark.parametrize(
    ("bfloat16", "expected"), [(5.0, "bfloat16"), (10.0, "bfloat16"), (10.1, "float32"), (15.0, "float32")]
)
def test_auto_chooses_bfloat16_only_if_it_is_a_tenth_faster(
    measured: list[Any], bfloat16: float, expected: str
) -> None:
    measured.append({"float32": 11.0, "bfloat16": bfloat16})
    assert resolve_precision("auto", CPU) == expected


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_chosen_precision_is_not_measured(measured: list[Any], name: str) -> None:
    assert resolve_precision(name, CPU) == name


def test_a_processor_without_the_instructions_is_not_measured(
    measured: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert resolve_precision("auto", CPU) == "float32"


def test_a_measurement_is_cached_for_each_processor(measured: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    measured += [{"float32": 2.0, "bfloat16": 1.0}, {"float32": 1.0, "bfloat16": 1.0}]
    for _ in range(2):
        step_milliseconds.cache_clear()  # as in another process
        assert resolve_precision("auto", CPU) == "bfloat16"
    monkeypatch.setattr(precision, "processor", lambda: "another processor")
    step_milliseconds.cache_clear()
    assert resolve_precision("auto", CPU) == "float32"
    assert measured == []


def test_the_real_measurement_does_not_change_the_state_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    monkeypatch.setattr(precision, "REPEATS", 1)
    with torch.no_grad():
        milliseconds = precision._measure()
    assert set(milliseconds) == {"float32", "bfloat16"}
    assert min(milliseconds.values()) > 0
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_baseline_has_no_precision(measured: list[Any]) -> None:
    assert with_precision(RunConfig.parse({"encoder": "tfidf"})).settings.precision == "auto"


def grid(folder: Path, reviews: Path, models: str) -> Path:
    path = folder / "grid.yaml"
    path.write_text(f"datasets: [{reviews}]\nshared: {{epochs: 1}}\nmodels: [{models}]\n", encoding="utf-8")
    return path


def precisions(folder: Path) -> dict[str, tuple[str, str]]:
    rows = read_rows(folder)
    return {row.model: (row.config["precision"], row.provenance.precision) for row in rows}


def test_a_grid_keeps_the_precision_of_its_rows_on_another_processor(
    measured: list[Any],
    reviews: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    small = "encoder: none, hidden_dim: 4, embedding_dim: 4"
    measured += [{"float32": 2.0, "bfloat16": 1.0}, {"float32": 1.0, "bfloat16": 2.0}]
    folder = run_experiment(grid(tmp_path, reviews, f"{{{small}}}, {{encoder: majority}}"), speeds=False).folder
    assert precisions(folder) == {"none": ("bfloat16", "bfloat16"), "majority": ("auto", "float32")}
    assert "precision" not in caplog.text

    monkeypatch.setattr(precision, "processor", lambda: "another processor")
    step_milliseconds.cache_clear()
    more = grid(tmp_path, reviews, f"{{{small}}}, {{{small}, pooling: max}}, {{encoder: majority}}")
    assert run_experiment(more, speeds=False).ran == 1
    assert precisions(folder)["none-max"] == ("bfloat16", "bfloat16")
    assert "this experiment has rows that were trained in bfloat16" in caplog.text
    assert "float32 is faster on this processor; to choose again, remove the rows with --fresh" in caplog.text

    assert run_experiment(more, fresh=True, speeds=False).ran == 3
    assert set(precisions(folder).values()) == {("float32", "float32"), ("auto", "float32")}
    assert measured == []


def test_doctor_shows_the_measurement(measured: list[Any], cli: Any) -> None:
    measured.append({"float32": 12.34, "bfloat16": 5.0})
    assert "bfloat16 (a step of an LSTM: float32 12.3 ms, bfloat16 5.0 ms)" in cli("doctor").stdout


def test_the_row_of_a_run_has_the_precision_that_was_chosen(measured: list[Any], cli: Any, reviews: Path) -> None:
    measured.append({"float32": 1.0, "bfloat16": 1.0})
    small = ("--set", "hidden_dim=4", "--epochs", "1", "--json")
    row = json.loads(cli("run", "--dataset", reviews, "--encoder", "none", *small).stdout)
    assert (row["config"]["precision"], row["provenance"]["precision"]) == ("float32", "float32")
