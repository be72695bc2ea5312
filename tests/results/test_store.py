"""The store: appended rows stay, incomplete lines are removed, and there is one writer at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.rows import TESTED, predicted, speed_row
from helpers.rows import row as made_row

from textclf.errors import DataError, OutputError
from textclf.results.prediction_files import read_predictions
from textclf.results.rows import SpeedRow
from textclf.results.store import Store, read_rows

FILE = "made.yaml"  # the experiment file
FRAME = predicted(TESTED // 2)


def row(fingerprint: str, status: str = "ok", **changes: Any) -> Any:
    error = "out of memory" if status == "failed" else None
    return made_row("cnn", "films", 1, None, 0.5, fingerprint=fingerprint, status=status, error=error, **changes)


def test_rows_and_predictions_are_read_as_they_were_written(tmp_path: Path) -> None:
    with Store(tmp_path / "new", FILE) as store:
        store.append(row("x", text="日本 \u2028 end"), FRAME)
        store.append(row("y", "failed"))
    assert [row.fingerprint for row in read_rows(tmp_path / "new")] == ["x", "y"]
    assert read_rows(tmp_path / "new")[0].text == "日本 \u2028 end"
    pd.testing.assert_frame_equal(read_predictions(tmp_path / "new", row("x")), FRAME, rtol=1e-6)


def test_a_row_with_any_characters_is_printable_and_read_as_it_was_written(tmp_path: Path) -> None:
    odd = "\x1b[31m \x9b \u202e \ud800 日本"
    with Store(tmp_path, FILE) as store:
        store.append(row("x", condition=odd))
    assert read_rows(tmp_path)[0].condition == odd
    assert not set(odd[:-3]) - set(" [31m") & set((tmp_path / "runs.jsonl").read_text(encoding="utf-8"))


def test_only_ok_rows_are_done_and_they_are_stored_once(tmp_path: Path) -> None:
    with Store(tmp_path, FILE) as store:
        for status in ("failed", "ok", "ok"):
            store.append(row("x", status))
        store.append(row("y", "failed"))
        assert set(store.done()) == {"x"}
    assert [row.status for row in read_rows(tmp_path)] == ["failed", "ok", "failed"]


def test_only_an_incomplete_line_is_removed(tmp_path: Path) -> None:
    with Store(tmp_path, FILE) as store:
        store.append(row("x"))
    with (tmp_path / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"fingerprint": "y", "sta')
    assert [row.fingerprint for row in read_rows(tmp_path)] == ["x"], "a reader skips it"
    with Store(tmp_path, FILE) as store:
        store.append(row("z"))
    assert [row.fingerprint for row in read_rows(tmp_path)] == ["x", "z"]


def test_the_error_for_a_damaged_line_has_its_number(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").write_text(row("x").to_json() + '\n{"fing\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"runs.jsonl, line 2: not JSON"):
        read_rows(tmp_path)


def test_damaged_rows_do_not_keep_the_folder_locked(tmp_path: Path) -> None:
    with Store(tmp_path, FILE) as store:
        store.append(row("x"), FRAME)
    with (tmp_path / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write("3\n")
    with pytest.raises(DataError, match=r"runs.jsonl, line 2: not a row") as error:  # the error keeps the frames alive
        Store(tmp_path, FILE)
    (tmp_path / "runs.jsonl").write_text(row("x").to_json() + "\n", encoding="utf-8")
    with Store(tmp_path, FILE) as store:
        assert set(store.done()) == {"x"}
    del error


def test_rows_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path, FILE) as store:
        store.append(row("x"), FRAME)
    with Store(tmp_path, FILE) as store:
        monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("a file is read again"))
        for fingerprint in ("x", "y", "y"):
            store.append(row(fingerprint), FRAME)
        assert set(store.done()) == {"x", "y"}
    monkeypatch.undo()
    assert [row.fingerprint for row in read_rows(tmp_path)] == ["x", "y"]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path, FILE), pytest.raises(OutputError, match="another process is writing there"):
        Store(tmp_path, FILE)
    with Store(tmp_path, FILE):
        pass


def test_fresh_removes_results_and_nothing_else(tmp_path: Path) -> None:
    with Store(tmp_path, FILE) as store:
        store.append(row("x"), FRAME)
        store.append_speed(speed_row("x", "films", "cnn"))
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with Store(tmp_path, FILE, fresh=True) as store:
        assert store.done() == {}
    assert read_rows(tmp_path, SpeedRow) == []
    assert not list(tmp_path.rglob("*.parquet"))
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        Store(tmp_path / "file" / "below", FILE)


def test_numbers_that_json_does_not_have_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path, FILE) as store, pytest.raises(ValueError, match="not JSON compliant"):
        store.append(row("x").model_copy(update={"fit_seconds": float("nan")}))
    assert read_rows(tmp_path) == []
