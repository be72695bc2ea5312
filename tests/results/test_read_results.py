"""`read_results`: a pandas table with a row for each run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.made_results import made_results

from textclf import read_results
from textclf.errors import DataError

RESULTS = Path(__file__).parents[2] / "results"


def test_the_table_has_a_row_for_each_run(tmp_path: Path) -> None:
    results = read_results(made_results(tmp_path))
    assert len(results) == 14
    (first,) = results[(results.dataset == "whole") & (results.model == "lstm-max") & (results.seed == 2)].itertuples()
    assert (first.status, first.test_accuracy, first.test_log_loss) == ("ok", 38 / 40, 0.5)
    assert (first.kind, first.encoder, first.encoder_parameters, first.total_parameters) == (
        "encoder",
        "lstm",
        1234,
        5000,
    )
    assert (first.train_examples_per_second, first.inference_latency_ms) == (1508.0, 1.25), "from the speed pass"
    assert (first.fit_seconds, first.best_epoch, first.peak_memory_mb) == (2.5, 1, 321.0)
    (failed,) = results[results.status == "failed"].itertuples()
    assert (failed.model, failed.seed, failed.error) == ("cnn", 4, "killed by signal 9")
    assert failed.test_accuracy != failed.test_accuracy, "NaN: nothing was measured"
    folded = results[results.dataset == "folded"]
    assert set(folded.fold) == {0, 1}
    assert folded.train_examples_per_second.isna().all()


def test_the_types_and_the_order_of_columns_do_not_depend_on_failed_runs_and_folds(tmp_path: Path) -> None:
    mixed, plain = read_results(made_results(tmp_path)), read_results(RESULTS / "default")
    for results in (mixed, plain):
        integers = [name for name, dtype in results.dtypes.items() if dtype == "Int64"]
        assert integers == [
            "fold",
            "total_parameters",
            "embedding_parameters",
            "encoder_parameters",
            "classifier_parameters",
            "pretrained_parameters",
            "trained_parameters",
            "best_epoch",
        ]
        assert results.dtypes[["test_accuracy", "inference_latency_ms", "fit_seconds"]].eq("float64").all()
    assert set(plain.variant.dropna()) == {1, 2}
    assert all(type(variant) is int for variant in plain.variant.dropna())
    splits = [name.partition("_")[0] for name in read_results(RESULTS / "pairs") if name.endswith(("_map", "accuracy"))]
    assert splits == ["test", "test", "validation", "validation", "train", "train"]


def test_recorded_results_are_read() -> None:
    results = read_results(RESULTS / "pairs")
    assert len(results) == 132
    assert set(results[results.kind == "baseline"].encoder) == {"tfidf", "majority"}
    wikiqa = results[results.dataset == "wikiqa"]
    assert set(wikiqa.select_by) == {"map"}
    assert wikiqa.test_map.notna().all()
    assert results[results.dataset == "sick"].test_map.isna().all()
    assert {"validation_accuracy", "train_macro_f1", "inference_examples_per_second"} <= set(results)


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"runs.jsonl: no rows; run an experiment first"):
        read_results(tmp_path)


def test_reading_results_does_not_import_torch() -> None:
    code = f"import sys, textclf; textclf.read_results({str(RESULTS / 'documents')!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
