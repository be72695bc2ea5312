"""The benchmark: its clock, its sections and its records. No test depends on a measured time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from helpers.registering import registered
from helpers.rows import PROVENANCE

from textclf.bench import gpu, inference, precision, step, training, workloads
from textclf.bench.measurement import MODELS, Measurement, Options, config_of, name_of, seconds_of, splits_of
from textclf.bench.page import write_bench_report
from textclf.bench.peers import task_of
from textclf.bench.recording import run_benchmark
from textclf.bench.records import BenchRecords, exponent, ratio, rounded, share, spread
from textclf.bench.section import SECTIONS, Section
from textclf.errors import ConfigurationError, DataError
from textclf.results.rows import BENCH, BenchRecord


def record(*values: float, variant: str = "textclf", section: str = "step", **detail: Any) -> BenchRecord:
    keys = {"part": section, "section": section, "subject": "cnn", "variant": variant, "unit": "s"}
    return BenchRecord.model_validate(
        keys | {"values": list(values), "detail": detail, "datasets": {}, "provenance": PROVENANCE}
    )


def test_each_function_is_timed_repeatedly_after_one_warm_up() -> None:
    seen: list[str] = []
    times = seconds_of(lambda: seen.append("a"), lambda: seen.append("b"), repeats=3)
    assert [len(own) for own in times] == [3, 3]
    assert seen == ["a", "b"] * 4


def test_another_clock_is_read_before_and_after_each_call() -> None:
    ticks = iter(range(100))
    assert seconds_of(lambda: next(ticks), repeats=2, clock=lambda: float(next(ticks))) == [[2.0, 2.0]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, reviews: Path) -> Options:
    """Options of a tiny benchmark; bfloat16 counts as supported; torch emulates it if it is not."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr("textclf.bench.precision.BATCHES", 2)
    monkeypatch.setattr("textclf.training.bfloat16.step_milliseconds", lambda: {"float32": 3.0, "bfloat16": 1.0})
    monkeypatch.setattr("textclf.training.device.use_one_core", lambda: None)
    monkeypatch.setattr("textclf.bench.workloads.use_one_core", lambda: None)
    return Options(sentences=str(reviews), documents=str(reviews), repeats=2, peers=Path("none"), models=("cnn",))


def test_a_step_is_measured_in_both_precisions_and_the_record_names_the_one_that_auto_chooses(few: Options) -> None:
    measured = list(precision.Precision().measure(few))
    assert [(one.subject, one.variant, len(one.values)) for one in measured] == [
        (subject, kind, 2)
        for subject in ("cnn", "cnn, documents", "hierarchical, documents")
        for kind in ("float32", "bfloat16")
    ]
    assert measured[0].detail == {"threads": 1, "auto": "bfloat16", "lstm": False}
    assert all(value > 0 for one in measured for value in one.values)


def test_prediction_is_measured_in_both_precisions_with_its_accuracy(
    few: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "SEEDS", [1, 2])
    monkeypatch.setattr(inference, "in_processes", lambda work, jobs, workers: [work(job) for job in jobs])
    measured = {(one.section, one.variant): one for one in inference.Inference().measure(few)}
    assert list(measured) == [
        *(("inference", variant) for variant in ("textclf", "textclf, bfloat16", "bare forward pass")),
        *(("inference accuracy", variant) for variant in ("float32", "bfloat16", "other labels")),
    ]
    assert [one.detail["precision"] for key, one in measured.items() if key[0] == "inference"] == [
        "float32",
        "bfloat16",
        "float32",
    ]
    exact, rounded, other = (
        measured["inference accuracy", name].values for name in ("float32", "bfloat16", "other labels")
    )
    assert len(exact) == len(rounded) == 2
    assert all(abs(one - two) <= share for one, two, share in zip(exact, rounded, other, strict=True))
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
    assert [one.variant for one in inference.Inference().measure(few)] == ["textclf", "bare forward pass"]


def test_training_and_steps_and_a_gpu_are_measured(few: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU in place of a GPU, with every job in this process."""
    small = {"step.BATCHES": 2, "gpu.BATCHES": 2, "gpu.SHARING": (1, 2), "gpu.LENGTH": 16, "gpu.MOST_TEXTS": 64}
    for name, value in small.items():
        monkeypatch.setattr(f"textclf.bench.{name}", value)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Some GPU")
    monkeypatch.setattr("textclf.bench.workloads.in_processes", lambda work, jobs, workers: list(map(work, jobs)))
    measured = [one for section in (training.Training, step.Step, gpu.Gpu) for one in section().measure(few)]
    assert [(one.section, one.subject, one.variant, len(one.values)) for one in measured] == [
        ("training", "cnn, sentences", "textclf", 2),
        ("step", "cnn", "training step", 2),
        ("step", "cnn", "bare encoder", 2),
        ("gpu", "lstm-attention", "textclf", 2),
        ("gpu", "lstm-attention", "bare cuDNN loop", 2),
        ("gpu", "lstm-attention", "1 runs share the GPU", 2),
        ("gpu", "lstm-attention", "2 runs share the GPU", 2),
        ("gpu", "lstm-attention", "longest batch", 1),
    ]
    assert measured[-1].values == [64]
    assert all(value > 0 for one in measured for value in one.values)


def test_timing_a_grid_also_returns_the_examples_and_the_accuracy_of_each_run(few: Options) -> None:
    config = config_of({"encoder": "none", "pooling": "mean"}, few.sentences, epochs=2, patience=None)
    rows, seconds = workloads.timed_grid(config, "none-mean", [1, 2])
    trained = [(row.seed, sum(epoch.examples for epoch in row.epochs)) for row in rows]
    assert trained == [(seed, 2 * len(splits_of(config).train)) for seed in (1, 2)]
    assert all(0 < row.fit_seconds < seconds and 0 <= row.metrics["test"]["accuracy"] <= 1 for row in rows)


def test_exponent_is_the_power_with_which_costs_grow() -> None:
    assert exponent([16, 64, 256], [3 * 16**2, 3 * 64**2, 3 * 256**2]) == pytest.approx(2)
    assert exponent([10, 1000], [7, 7]) == pytest.approx(0)


def test_numbers_spreads_ratios_and_shares_as_text() -> None:
    assert [rounded(number) for number in (12345.6, 1234, 99.96, 1.234, 0.01234)] == [
        "12,300",
        "1,230",
        "100",
        "1.23",
        "0.0123",
    ]
    assert spread(record(2.0, 4.0, 3.0)) == "3 (2–4)"
    assert spread(record(2.5)) == "2.5"
    assert (ratio(record(9.0, 6.0, 600.0), record(2.0)), ratio(record(9.0), None)) == ("**4.5×**", "–")
    assert share(record(3.0), record(4.0)) == "**75 %**"


class Walks(Section):
    """A section from outside the package."""

    summary = "seconds of walks"
    values: ClassVar[dict[str, float]] = {"home": 2.0}

    def measure(self, options: Options) -> Iterator[Measurement]:
        for subject, value in self.values.items():
            yield Measurement("walks", subject, "textclf", "s", [value])

    def page(self, records: BenchRecords) -> Iterator[str]:
        yield from ["", "## Walks", ""]
        yield from (f"{subject}: {spread(row['textclf'])} s" for subject, row in records.table("walks").items())


@pytest.fixture
def walks() -> Iterator[None]:
    """The section `Walks`, registered for one test."""
    with registered((SECTIONS, "walks", Walks)):
        yield


@pytest.mark.usefixtures("walks")
def test_a_registered_section_is_in_the_command_its_help_and_the_page(
    cli: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = cli("bench", "walks", "--out", "bench")
    assert done.returncode == 0
    assert "walks: home, textclf: 2 s" in done.stderr
    assert "\n## Walks\n\nhome: 2 s\n" in (tmp_path / "bench/README.md").read_text(encoding="utf-8")
    assert f"  walks      {Walks.summary}\n" in cli("bench", "--help").stdout
    assert 'did you mean "walks"' in cli("bench", "walk", "--out", "bench").stderr


def test_the_page_leaves_out_records_of_unregistered_sections_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with registered((SECTIONS, "walks", Walks)):
        run_benchmark(["walks"], Options(), tmp_path)
    assert "## Walks" not in write_bench_report(tmp_path).read_text(encoding="utf-8")
    assert 'there is no section "walks" here' in caplog.text


@pytest.mark.usefixtures("walks")
def test_a_new_measurement_replaces_the_record_of_the_same_quantity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(**values: float) -> list[tuple[str, list[float]]]:
        monkeypatch.setattr(Walks, "values", values)
        run_benchmark(["walks"], Options(), tmp_path)
        lines = (tmp_path / BENCH).read_text(encoding="utf-8").splitlines()
        return [(row["subject"], row["values"]) for row in map(json.loads, lines)]

    assert measured(first=1.0, second=2.0) == [("first", [1.0]), ("second", [2.0])]
    assert measured(second=3.0, third=4.0) == [("first", [1.0]), ("second", [3.0]), ("third", [4.0])]


def test_unknown_sections_and_models_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        run_benchmark(["overhead", "stepp"], Options(models=("cnn", "lstm-maxx")), tmp_path / "out")
    assert len(error.value.problems) == 2
    assert 'no section "stepp"; did you mean "step"' in error.value.problems[0].message
    assert 'no model "lstm-maxx"; did you mean "lstm-max"' in error.value.problems[1].message
    assert not (tmp_path / "out").exists()


def test_chosen_models_are_measured_in_the_order_of_all_models_not_of_the_option() -> None:
    assert Options().chosen_models() == MODELS
    assert [name_of(model) for model in Options(models=("cnn", "lstm-last")).chosen_models()] == ["lstm-last", "cnn"]


def test_growth_with_the_number_of_texts_is_measured_and_reported(tmp_path: Path) -> None:
    run_benchmark(["texts"], Options(largest=1000), tmp_path)
    page = write_bench_report(tmp_path).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in (tmp_path / BENCH).read_text(encoding="utf-8").splitlines()]
    assert {row["subject"] for row in rows} >= {"tokenise", "train an epoch", "peak memory above the imports"}
    assert all(value > 0 for row in rows for value in row["values"])
    assert {row["provenance"]["threads"] for row in rows} == {1}
    assert "## Growth with the number of texts" in page
    assert "## One training step" not in page
    assert "| train an epoch | " in page
    assert (tmp_path / "figures/texts.svg").exists()


def test_a_page_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no records; run textclf bench first"):
        write_bench_report(tmp_path)


def test_records_are_grouped_by_part_and_by_section_subject_and_variant() -> None:
    records = BenchRecords([record(1.0), record(2.0, variant="bare encoder"), record(3.0, section="inference")])
    assert {name: one.values for name, one in records.table("step")["cnn"].items()} == {
        "textclf": [1.0],
        "bare encoder": [2.0],
    }
    assert {name: len(part) for name, part in records.parts().items()} == {"step": 2, "inference": 1}


def test_the_task_of_a_peer_names_the_same_model_and_the_same_sizes() -> None:
    for model in MODELS:
        config = config_of(model, "tweets", hidden_dim=7, batch_size=11, epochs=3)
        task = task_of("folder", config, 5, seed=2)
        assert (task["model"], task["seed"], task["steps"]) == (name_of(model), 2, 5)
        assert {"hidden_dim": 7, "batch_size": 11, "epochs": 3}.items() <= task["settings"].items()
