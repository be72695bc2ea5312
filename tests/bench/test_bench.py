"""The benchmark: what it counts, what it keeps, what its page says. None of its times is tested."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.rows import PROVENANCE

from textclf.bench import inference, precision
from textclf.bench import recording as runner
from textclf.bench.measurement import MODELS, Measurement, Options, config_of, name_of, seconds_of
from textclf.bench.page import RECORDS, write_bench_report
from textclf.bench.recording import run_benchmark
from textclf.bench.records import Sections, exponent, ratio, share, short, spread
from textclf.bench.training import task_of
from textclf.errors import ConfigurationError, DataError
from textclf.experiment.backends.processes import Outcome
from textclf.results.rows import BenchRecord


def record(*values: float, variant: str = "textclf", section: str = "step", **detail: Any) -> BenchRecord:
    keys = {"part": section, "section": section, "subject": "cnn", "variant": variant, "unit": "s"}
    return BenchRecord.model_validate(
        keys | {"values": list(values), "detail": detail, "datasets": {}, "provenance": PROVENANCE}
    )


def test_each_work_is_timed_as_often_as_asked_after_once_that_does_not_count() -> None:
    seen: list[str] = []
    times = seconds_of(lambda: seen.append("a"), lambda: seen.append("b"), repeats=3)
    assert [len(own) for own in times] == [3, 3]
    assert seen == ["a", "b"] * 4


def test_a_clock_of_ones_own_is_read_before_and_after_each_work() -> None:
    ticks = iter(range(100))
    assert seconds_of(lambda: next(ticks), repeats=2, clock=lambda: float(next(ticks))) == [[2.0, 2.0]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, reviews: Path) -> Options:
    """Options of a tiny benchmark, on a processor that has bfloat16: torch emulates it elsewhere."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr("textclf.bench.step.BATCHES", 2)
    monkeypatch.setattr("textclf.bench.precision.BATCHES", 2)
    monkeypatch.setattr("textclf.training.bfloat16.step_milliseconds", lambda: {"float32": 3.0, "bfloat16": 1.0})
    for module in (inference, precision):
        monkeypatch.setattr(module, "use_one_core", lambda: None)
    return Options(sentences=str(reviews), documents=str(reviews), repeats=2, peers=Path("none"), models=("cnn",))


def test_a_step_is_measured_in_both_precisions_beside_what_auto_chooses(few: Options) -> None:
    measured = list(precision.measure(few))
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
    monkeypatch.setattr(inference, "outcomes", lambda work, jobs, workers: [Outcome(job, work(job)) for job in jobs])
    measured = {(one.section, one.variant): one for one in inference.measure(few)}
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
    assert [one.variant for one in inference.measure(few)] == ["textclf", "bare forward pass"]


def test_exponent_is_the_power_with_which_costs_grow() -> None:
    assert exponent([16, 64, 256], [3 * 16**2, 3 * 64**2, 3 * 256**2]) == pytest.approx(2)
    assert exponent([10, 1000], [7, 7]) == pytest.approx(0)


def test_numbers_as_they_are_told() -> None:
    assert [short(number) for number in (12345.6, 1234, 99.96, 1.234, 0.01234)] == [
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


def fake(values: dict[str, float]) -> SimpleNamespace:
    def measure(options: Options) -> Iterator[Measurement]:
        for subject, value in values.items():
            yield Measurement("overhead", subject, "textclf", "s", [value])

    return SimpleNamespace(measure=measure)


def test_what_is_measured_again_replaces_what_was_there_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(**values: float) -> list[tuple[str, list[float]]]:
        monkeypatch.setattr(runner, "import_module", lambda name: fake(values))
        run_benchmark(["overhead"], Options(), tmp_path)
        lines = (tmp_path / RECORDS).read_text(encoding="utf-8").splitlines()
        return [(row["subject"], row["values"]) for row in map(json.loads, lines)]

    assert measured(first=1.0, second=2.0) == [("first", [1.0]), ("second", [2.0])]
    assert measured(second=3.0, third=4.0) == [("first", [1.0]), ("second", [3.0]), ("third", [4.0])]


def test_what_does_not_exist_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        run_benchmark(["overhead", "stepp"], Options(models=("cnn", "lstm-maxx")), tmp_path / "out")
    assert len(error.value.problems) == 2
    assert 'no section "stepp"; did you mean "step"' in error.value.problems[0]
    assert 'no model "lstm-maxx"; did you mean "lstm-max"' in error.value.problems[1]
    assert not (tmp_path / "out").exists()


def test_models_are_measured_in_their_order() -> None:
    assert Options().chosen() == MODELS
    assert [name_of(model) for model in Options(models=("cnn", "lstm-last")).chosen()] == ["lstm-last", "cnn"]


def test_growth_with_the_number_of_texts_is_measured_and_reported(tmp_path: Path) -> None:
    run_benchmark(["texts"], Options(largest=1000), tmp_path)
    page = write_bench_report(tmp_path).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in (tmp_path / RECORDS).read_text(encoding="utf-8").splitlines()]
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


def test_records_by_section_subject_and_variant() -> None:
    sections = Sections([record(1.0), record(2.0, variant="bare encoder"), record(3.0, section="inference")])
    assert {name: found.values for name, found in sections.of("step")["cnn"].items()} == {
        "textclf": [1.0],
        "bare encoder": [2.0],
    }


def test_a_peer_is_asked_for_the_same_model_and_the_same_sizes() -> None:
    for model in MODELS:
        config = config_of(model, "tweets", hidden_dim=7, batch_size=11, epochs=3)
        task = task_of("folder", config, 5, seed=2)
        assert (task["model"], task["seed"], task["steps"]) == (name_of(model), 2, 5)
        assert {"hidden_dim": 7, "batch_size": 11, "epochs": 3}.items() <= task["settings"].items()
