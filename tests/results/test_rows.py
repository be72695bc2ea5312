"""Rows: typed, frozen, and unchanged by writing and reading."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.rows import keys_of_row, row
from pydantic import ValidationError

from textclf.errors import DataError
from textclf.results.row_parser import parse_row
from textclf.results.rows import BenchRecord, FailedRow, OkRow, RunRow, SpeedRow

RESULTS = Path(__file__).parents[2] / "results"


@pytest.mark.parametrize(
    ("name", "kind"), [("pairs/runs", RunRow), ("pairs/speed", SpeedRow), ("bench/bench", BenchRecord)]
)
def test_recorded_lines_are_written_as_they_were_read(name: str, kind: type) -> None:
    lines = (RESULTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    for line in lines:
        assert parse_row(line, kind, name).to_json() == line


def test_values_are_attributes() -> None:
    one = row("cnn", "films", 1, None, 0.5)
    assert isinstance(one, OkRow)
    assert (one.metrics["test"]["accuracy"], one.value, one.provenance.device, one.rows.test) == (0.5, 0.5, "cpu", 40)
    failed = row("cnn", "films", 1, None, 0.5, status="failed", error="out of memory")
    assert isinstance(failed, FailedRow)
    assert (failed.kind, failed.task, failed.select_by) == ("encoder", "single_label", "accuracy")


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        row("cnn", "films", 1, None, 0.5).seed = 2


def test_unknown_keys_are_kept() -> None:
    keys = keys_of_row("cnn", "films", 1, None, 0.5, later=[1, {"a": None}])
    keys["provenance"] = keys["provenance"] | {"processes": 2}
    assert json.loads(parse_row(json.dumps(keys), RunRow, "line 1").to_json()) == keys


def test_a_number_that_is_not_finite_is_refused() -> None:
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(DataError, match="fit_seconds: input should be a finite number"):
            row("cnn", "films", 1, None, 0.5, fit_seconds=wrong)


def test_metrics_in_percent_are_from_0_to_1_and_other_metrics_have_no_bounds() -> None:
    assert row("cnn", "d", 1, None, 1.0, metrics={"test": {"accuracy": 1.0, "log_loss": 3.5, "of_a_plug_in": -2.0}})
    with pytest.raises(DataError, match=r"test.accuracy: expected a number from 0 to 1, not 1.5"):
        row("cnn", "d", 1, None, 1.5)
    with pytest.raises(DataError, match=r"lacks metrics.test.map, the metric of select_by"):
        row("cnn", "d", 1, None, 1.0, select_by="map")
