"""Damaged results and full disks: one message, and the next command resumes."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from helpers.commands import FAST, Cli, grid, page, passed, refused
from helpers.rows import PROVENANCE


@pytest.fixture
def results(cli: Cli, tmp_path: Path, reviews: Path) -> Path:
    """The results of two baselines."""
    passed(cli, "experiment", grid(tmp_path, [str(reviews)], "[{encoder: majority}, {encoder: tfidf}]"), *FAST)
    return tmp_path / "results/grid"


@pytest.mark.parametrize(("damage", "again"), [("truncated", 2), ("altered", 1), ("missing", 2)])
def test_a_run_with_damaged_predictions_is_run_again(
    damage: str, again: int, cli: Cli, tmp_path: Path, results: Path
) -> None:
    before, path = page(results), results / "predictions.parquet"
    content = path.read_bytes()
    first = pq.ParquetFile(path).metadata.row_group(0).column(6)
    last = first.data_page_offset + first.total_compressed_size - 1
    damaged = content[:last] + bytes([content[last] ^ 255]) + content[last + 1 :]
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:100] if damage == "truncated" else damaged)
    message = refused(cli, tmp_path, "report", results)
    (line,) = message.splitlines()
    assert "results/grid/predictions.parquet: the predictions of reviews, " in line
    assert ", seed 1 are " in line
    assert line.endswith("; this command repeats the run: textclf experiment grid.yaml")
    message = passed(cli, "experiment", tmp_path / "grid.yaml", *FAST)
    (line,) = [line for line in message.splitlines() if "running again" in line]
    what = "1 run are damaged" if again == 1 else f"2 runs are {'missing' if damage == 'missing' else 'damaged'}"
    assert line.startswith(f"results/grid/predictions.parquet: the predictions of {what}; running again: reviews, ")
    assert f"2 runs, {again} of them now, 0 failed" in message
    assert page(results).split("| model | encoder")[0] == before.split("| model | encoder")[0]
    assert "nothing left to run" in passed(cli, "experiment", tmp_path / "grid.yaml", *FAST)


def test_the_error_for_a_row_lists_its_missing_keys(cli: Cli, tmp_path: Path, results: Path) -> None:
    path = results / "runs.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    del rows[1]["seed"], rows[1]["parameters"]["encoder"]
    for last, expected in ((rows[1], "lacks seed, parameters.encoder"), ([3], "not a row"), (None, "not a row")):
        path.write_text("".join(json.dumps(row) + "\n" for row in (rows[0], last)), encoding="utf-8")
        for arguments in (("report", results), ("experiment", tmp_path / "grid.yaml")):
            done = cli(*arguments)
            assert done.returncode == 2
            assert f"runs.jsonl, line 2: {expected}" in done.stderr


WRONG: dict[str, dict[str, Any]] = {
    "schema_version: input should be 2": {"schema_version": 3},
    "status: input should be 'ok' or 'failed'": {"status": "maybe"},
    "fingerprint: ": {"fingerprint": ["a"]},
    "dataset: expected words, not None": {"dataset": None},
    "seed: input should be a valid integer": {"seed": "1"},
    "config: expected keys with values": {"config": []},
    "epochs: expected a list": {"epochs": None},
    "metrics: test.accuracy: expected a number from 0 to 1": {"metrics": {"test": {"accuracy": 2, "macro_f1": 0}}},
    "lacks metrics.test.accuracy": {"metrics": {"test": {"macro_f1": 0.5}}},
    "from an older textclf": {"schema_version": 1},
    "metrics: lacks test": {"metrics": {"train": {"accuracy": 0.5}}},
    "fit_seconds: input should be a finite number": {"fit_seconds": float("nan")},
}


@pytest.mark.parametrize("expected", WRONG)
def test_the_error_for_a_wrong_value_names_its_key(expected: str, cli: Cli, tmp_path: Path, results: Path) -> None:
    path = results / "runs.jsonl"
    first, *others = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in (first | WRONG[expected], *others)), encoding="utf-8")
    for arguments in (("report", results), ("experiment", tmp_path / "grid.yaml")):
        done = cli(*arguments)
        assert done.returncode == 2
        assert f"runs.jsonl, line 1: {expected}" in done.stderr


def test_the_error_for_a_damaged_file_names_the_file(cli: Cli, tmp_path: Path, results: Path) -> None:
    wrong = {"speed": 3, "fingerprint": "x", "dataset": "d", "condition": "", "model": "m", "provenance": PROVENANCE}
    damages = {
        "planned.jsonl, line 1: fingerprint": ("planned.jsonl", json.dumps(wrong | {"fingerprint": [1]}).encode()),
        "speed.jsonl, line 1: speed: expected keys with values, not 3": ("speed.jsonl", json.dumps(wrong).encode()),
        "runs.jsonl, line 1: not JSON": ("runs.jsonl", b"\xff\xfe\0"),
        "experiment.yaml: damaged": ("experiment.yaml", b"contrasts: {majority: [[tfidf]]}"),
    }
    for expected, (name, content) in damages.items():
        before = (results / name).read_bytes()
        (results / name).write_bytes(content + b"\n")
        assert expected in refused(cli, tmp_path, "report", results)
        (results / name).write_bytes(before)
    (results / "speed.jsonl").unlink()
    (results / "speed.jsonl").mkdir()
    assert "speed.jsonl: cannot be read" in refused(cli, tmp_path, "report", results)


@contextmanager
def full_disk(max_bytes: int) -> Iterator[None]:
    """Limit each file to ``max_bytes`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_report_on_a_full_disk_is_an_error_of_one_line(cli: Cli, tmp_path: Path, results: Path) -> None:
    for max_bytes in (0, 3000):
        with full_disk(max_bytes):
            message = refused(cli, tmp_path, "report", results)
        assert len(message.splitlines()) == 1
        assert "results/grid: cannot be written (File too large)" in message


def test_a_full_disk_is_one_message_and_the_next_command_resumes(
    cli: Cli, tmp_path: Path, results: Path, reviews: Path
) -> None:
    size = (results / "runs.jsonl").stat().st_size
    models = "[{encoder: majority}, {encoder: tfidf}, {encoder: tfidf, max_tokens: 3, name: cut}]"
    file = grid(tmp_path, [str(reviews)], models)
    for max_bytes, written in ((50, "textclf.json"), (200, "planned.jsonl"), (size + 100, "runs.jsonl")):
        with full_disk(max_bytes):
            done = cli("experiment", file, *FAST)
        assert done.returncode == 2
        (message,) = [line for line in done.stderr.splitlines() if "cannot be written" in line]
        assert "Traceback" not in done.stderr
        assert message.startswith(f"textclf: results/grid/{written}: ")
        assert (results / "runs.jsonl").stat().st_size == size, "no incomplete row is left"
        assert list(results.rglob("*partial*")) == []
    assert "3 runs, 1 of them now, 0 failed" in passed(cli, "experiment", file, *FAST)


def test_the_error_for_a_damaged_experiment_file_names_the_file(cli: Cli, tmp_path: Path, results: Path) -> None:
    for content in ("[", "text"):
        (results / "experiment.yaml").write_text(content, encoding="utf-8")
        assert "experiment.yaml: damaged" in refused(cli, tmp_path, "report", results)
    passed(cli, "experiment", tmp_path / "grid.yaml", *FAST)
