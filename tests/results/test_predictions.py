"""Predictions: rounding keeps the order of probabilities; merging the files of single runs loses nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.rows import TESTED, predicted, row

from textclf.errors import DataError
from textclf.metrics import metric_of
from textclf.results.prediction_files import merge_predictions, read_predictions, write_predictions
from textclf.results.predictions import arrays_of, predictions_frame
from textclf.results.rounding import rounded

RANKED = {"accuracy": 0.5, "map": 1.0}
TWO = row("cnn", "films", 1, None, 0.5)
RANKING = row(
    "gru", "answers", 1, None, 0.5, task="ranking", select_by="map", metrics={"test": RANKED},
    rows={"train": 9, "validation": 3, "test": 4},
)  # fmt: skip


def ranking() -> pd.DataFrame:
    """Return predictions of three classes for two groups; the probability of the last class ranks the answers."""
    probabilities = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.3, 0.2, 0.5], [0.1, 0.5, 0.4]])
    labels, groups, tokens = ["z", "x", "z", "x"], ["q", "q", "r", "r"], np.array([3, 12, 7, 9])
    return predictions_frame(np.array([5, 2, 9, 1]), groups, labels, tokens, probabilities, ("x", "y", "z"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_predictions(tmp_path, TWO.fingerprint, predicted(TESTED // 2))
    write_predictions(tmp_path, RANKING.fingerprint, ranking())
    return tmp_path


def check(folder: Path) -> None:
    """Check that the predictions of both runs can be read."""
    pd.testing.assert_frame_equal(read_predictions(folder, TWO), predicted(TESTED // 2), rtol=1e-6)
    pd.testing.assert_frame_equal(read_predictions(folder, RANKING), ranking(), rtol=1e-6)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_frame_has_a_column_for_each_class() -> None:
    assert list(ranking()) == ["id", "group", "label", "tokens", "p_x", "p_y", "p_z"]
    assert list(predicted(1)) == ["id", "label", "p_a", "p_b"]
    labels, probabilities, groups = arrays_of(ranking(), "ranking")
    assert labels.tolist() == [2, 0, 2, 0]
    assert probabilities.shape == (4, 3)
    assert groups == ["q", "q", "r", "r"]
    with pytest.raises(ValueError, match="none of the classes"):
        arrays_of(predicted(1).assign(label="c"), "single_label")


def test_runs_with_different_classes_share_a_merged_file(folder: Path) -> None:
    check(folder)
    merge_predictions(folder)
    check(folder)
    assert files(folder) == ["predictions.parquet"]
    assert not (folder / "predictions").exists()
    assert pq.ParquetFile(folder / "predictions.parquet").num_row_groups == 2, "each run can be read alone"
    merge_predictions(folder)
    check(folder)


def test_a_kill_while_merging_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    single = files(folder)
    for name, left in (("replace", single), ("unlink", ["predictions.parquet", *single])):
        with monkeypatch.context() as patch:
            patch.setattr(Path, name, _killed(getattr(Path, name)))
            with pytest.raises(KeyboardInterrupt):
                merge_predictions(folder)
        assert [file for file in files(folder) if not file.endswith(".partial")] == sorted(left)
        check(folder)
    merge_predictions(folder)
    check(folder)
    assert [file for file in files(folder) if not file.endswith(".partial")] == ["predictions.parquet"]


def _killed(method: Any) -> Any:
    """Return a method that raises KeyboardInterrupt instead of calling ``method``; it still deletes partial files."""

    def killed(self: Path, *arguments: Any, **keywords: Any) -> Any:
        if method.__name__ == "unlink" and self.name.endswith(".partial"):
            return method(self, *arguments, **keywords)
        raise KeyboardInterrupt

    return killed


def test_a_run_that_is_added_after_a_merge_is_merged_too(folder: Path) -> None:
    merge_predictions(folder)
    new = row("lstm", "films", 1, None, 0.25)
    write_predictions(folder, new.fingerprint, predicted(TESTED // 4))
    for _ in range(2):
        check(folder)
        pd.testing.assert_frame_equal(read_predictions(folder, new), predicted(TESTED // 4), rtol=1e-6)
        merge_predictions(folder)
    assert files(folder) == ["predictions.parquet"]


def test_a_repeated_run_replaces_its_merged_predictions(folder: Path) -> None:
    merge_predictions(folder)
    again = row("cnn", "films", 1, None, 0.75)
    write_predictions(folder, again.fingerprint, predicted(3 * TESTED // 4))
    for _ in range(2):
        assert len(read_predictions(folder, again)) == TESTED
        with pytest.raises(DataError, match="inconsistent with the recorded row"):
            read_predictions(folder, TWO)
        merge_predictions(folder)


def test_only_the_predictions_of_a_damaged_run_are_refused(folder: Path) -> None:
    merge_predictions(folder)
    path = folder / "predictions.parquet"
    content, chunk = bytearray(path.read_bytes()), pq.ParquetFile(path).metadata.row_group(0).column(6)
    content[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"predictions.parquet: the predictions of films, cnn, seed 1 are damaged"):
        read_predictions(folder, TWO)
    assert len(read_predictions(folder, RANKING)) == 4
    write_predictions(folder, "new", predicted(1))
    merge_predictions(folder)
    with pytest.raises(DataError, match="are missing; this command repeats the run: textclf experiment"):
        read_predictions(folder, TWO)
    assert len(read_predictions(folder, RANKING)) == 4


def test_predictions_of_another_run_are_refused(folder: Path) -> None:
    directory = folder / "predictions"
    shutil.copy(directory / f"{RANKING.fingerprint}.parquet", directory / f"{TWO.fingerprint}.parquet")
    with pytest.raises(DataError, match="are missing"):
        read_predictions(folder, TWO)
    write_predictions(folder, TWO.fingerprint, predicted(TESTED // 2 + 1))
    with pytest.raises(DataError, match="inconsistent with the recorded row"):
        read_predictions(folder, TWO)
    unknown = TWO.model_copy(update={"select_by": "a metric of a plug-in"})
    assert len(read_predictions(folder, unknown)) == TESTED, (
        "without a registered metric, only the number of rows is checked"
    )


def test_rounding_changes_neither_the_best_class_nor_an_order() -> None:
    generator = np.random.default_rng(0)
    chances = 1 / (1 + np.exp(-generator.normal(0, 8, 3000)))
    near = np.column_stack([1 - chances, chances])
    near[:3] = [[0.5 - 1e-10, 0.5 + 1e-10], [0.5, 0.5], [0.25, 0.75]]
    labels, groups = np.arange(3000) % 2, [str(number // 10) for number in range(3000)]
    result = rounded(near)
    assert not np.array_equal(result, near)
    assert np.allclose(result, near, rtol=5e-7, atol=0)
    for name in ("accuracy", "map"):
        before, after = (metric_of(name).per_unit(labels, values, groups) for values in (near, result))
        assert before is not None
        np.testing.assert_array_equal(before, after)
    for column in range(2):
        orders = [np.unique(values[:, column], return_inverse=True)[1] for values in (near, result)]
        np.testing.assert_array_equal(*orders)
    short = near.astype(np.float32)
    assert not np.array_equal(short.argmax(1), near.argmax(1)), "float32 changes the best class"


def test_rounding_makes_the_last_bytes_zero_if_values_are_far_apart() -> None:
    values = np.random.default_rng(0).dirichlet([1, 1, 1], size=20)
    assert not (rounded(values).view(np.uint64) & 0xFFFFFFFF).any()
    assert (values.view(np.uint64) & 0xFFFFFFFF).any()
    np.testing.assert_array_equal(rounded(np.empty((0, 2))), np.empty((0, 2)))
