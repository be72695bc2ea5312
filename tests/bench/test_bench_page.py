"""The benchmark's page: each of its sections, written from the measurements in this file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from helpers.rows import TESTED, row, write_run

from textclf.bench.measurement import Measurement, Options
from textclf.bench.page import write_bench_report
from textclf.bench.readme import with_results
from textclf.bench.recording import run_benchmark
from textclf.bench.section import SECTIONS
from textclf.results.rows import BENCH

RATE, STEP, GPU = "examples/s", "ms a batch", {"device": "Some GPU", "precision": "bfloat16"}
MEASURED = {
    "training": [
        Measurement("training", "lstm", "textclf", RATE, [400.0, 600.0, 500.0], {"threads": 1}),
        Measurement("training", "lstm", "tutorial", RATE, [100.0], {"versions": {"torch": "9"}}),
        Measurement("training", "lstm", "keras", RATE, [50.0], {"versions": {"torch": "9", "keras": "7"}}),
        Measurement("training", "lstm", "flair", RATE, [25.0, 25.0]),
        Measurement("training", "lstm", "textclf, whole runs", RATE, [450.0], {"threads": 2}),
        Measurement("training", "cnn", "textclf", RATE, [12345.0]),
        Measurement("accuracy", "lstm", "textclf", "fraction", [0.7, 0.8], {"epochs": 4}),
        Measurement("accuracy", "lstm", "tutorial", "fraction", [0.75, 0.75], {"epochs": 4}),
    ],
    "step": [
        Measurement("step", "lstm", "training step", STEP, [20.0]),
        Measurement("step", "lstm", "bare encoder", STEP, [15.0]),
        Measurement("step", "lstm", "bare nn.LSTM", STEP, [10.0]),
        Measurement("step", "cnn", "training step", STEP, [8.0]),
        Measurement("step", "cnn", "bare encoder", STEP, [4.0]),
    ],
    "precision": [
        Measurement("precision", "lstm", "float32", STEP, [30.0, 20.0], {"auto": "bfloat16", "lstm": True}),
        Measurement("precision", "lstm", "bfloat16", STEP, [20.0], {"auto": "bfloat16", "lstm": True}),
        Measurement("precision", "cnn", "float32", STEP, [10.0], {"auto": "bfloat16", "lstm": False}),
        Measurement("precision", "cnn", "bfloat16", STEP, [11.0], {"auto": "bfloat16", "lstm": False}),
        Measurement("precision", "none", "float32", STEP, [4.0], {"auto": "bfloat16", "lstm": False}),
        Measurement("precision", "none", "bfloat16", STEP, [5.0], {"auto": "bfloat16", "lstm": False}),
    ],
    "inference": [
        Measurement("inference", "lstm", "textclf", "texts/s", [90.0]),
        Measurement("inference", "lstm", "textclf, bfloat16", "texts/s", [180.0]),
        Measurement("inference", "lstm", "textclf, a thread a core, bfloat16", "texts/s", [240.0]),
        Measurement("inference", "lstm", "bare forward pass", "texts/s", [100.0]),
        Measurement("inference", "lstm", "textclf, a thread a core", "texts/s", [120.0]),
        Measurement("inference", "lstm", "flair", "texts/s", [40.0]),
        Measurement("inference", "cnn", "textclf", "texts/s", [30.0]),
        Measurement("inference", "cnn", "bare forward pass", "texts/s", [0.0]),
        Measurement("inference", "cnn", "textclf, bfloat16", "texts/s", [15.0]),
        Measurement("inference accuracy", "lstm", "float32", "fraction", [0.7, 0.8], {"epochs": 4}),
        Measurement("inference accuracy", "lstm", "bfloat16", "fraction", [0.71, 0.79], {"epochs": 4}),
        Measurement("inference accuracy", "lstm", "other labels", "fraction", [0.01, 0.02], {"epochs": 4}),
    ],
    "texts": [
        *(Measurement("texts", "tokenise", str(size), "s", [size / 1000]) for size in (100, 1000, 10000)),
        *(Measurement("texts", "peak memory", str(size), "MiB", [64.0]) for size in (100, 1000, 10000)),
    ],
    "lengths": [
        *(
            Measurement("lengths", "lstm", str(n), "s", [n / 1000, n / 1000], {"texts": 4})
            for n in (64, 256, 512, 1024)
        ),
        *(Measurement("lengths", "words", str(n), "s", [n**2 / 1e6], {"texts": 4}) for n in (64, 256, 512, 1024)),
    ],
    "overhead": [Measurement("overhead", "a run in a grid", "textclf", "s of a core", [0.75, 0.5, 0.5])],
    "gpu": [
        Measurement("gpu", "lstm", "textclf", RATE, [850.0], GPU),
        Measurement("gpu", "lstm", "bare cuDNN loop", RATE, [1000.0], GPU),
        Measurement("gpu", "lstm", "1 runs share the GPU", RATE, [800.0], GPU),
        Measurement("gpu", "lstm", "4 runs share the GPU", RATE, [2000.0], GPU),
        Measurement("gpu", "lstm", "longest batch", "texts of 256 words", [4096.0], GPU),
    ],
}
PARTS = {
    "training": """## Training: examples per second on all cores
| model | textclf | tutorial loop | Keras | Flair | textclf, whole runs |
|---|--:|--:|--:|--:|--:|
| lstm | 500 (400–600) | 100 **5×** | 50 **10×** | 25 (25–25) **20×** | 450 |
| cnn | 12,300 | – | – | – | – |
![Training examples a second, textclf and the tutorial loop](figures/training.svg)""",
    "accuracy": """### Test accuracy of the timed models
lstm, 4 epochs, 2 seeds, in percent, ± half of the 95 % t interval: textclf 75.00 ± 63.53, tutorial 75.00 ± 0.00.""",
    "step": """## One training step: milliseconds per batch of 50 sentences, one core
| model | training step | bare encoder | share | bare `nn.LSTM` | share |
|---|--:|--:|--:|--:|--:|
| lstm | 20 | 15 | **75 %** | 10 | **50 %** |
| cnn | 8 | 4 | **50 %** | – | – |""",
    "precision": """## Precision of training: milliseconds per batch, one core
| model | float32 | bfloat16 | `auto` | time above the faster one |
|---|--:|--:|--:|--:|
| lstm | 25 (20–30) | 20 | bfloat16 | **0 %** |
| cnn | 10 | 11 | bfloat16 | **10 %** |
| none | 4 | 5 | bfloat16 | **25 %** |
Time above the faster one: with an LSTM at most 0 % (goal 5 %), without one at most 25 % (goal 15 %).""",
    "inference": """## Inference: texts per second
| model | textclf | bare forward pass | share | all cores | Flair | all cores / Flair |
|---|--:|--:|--:|--:|--:|--:|
| lstm | 90 | 100 | **90 %** | 120 | 40 | **3×** |
| cnn | 30 | 0 | – | – | – | – |
### Prediction in bfloat16
| model | float32 | bfloat16 | bfloat16 / float32 | accuracy, float32 | accuracy, bfloat16 | difference | other labels |
|---|--:|--:|--:|--:|--:|--:|--:|
| lstm | 90 | 180 | **2×** | 75.00 | 75.00 | 0.00 ± 12.71 | 1.50 % |
| cnn | 30 | 15 | **0.5×** | – | – | – | – |
lstm in bfloat16 with one thread per core: 240 texts per second, **6×** the rate of Flair.""",
    "texts": """## Growth with the number of texts
| seconds | 100 texts | 1,000 texts | 10,000 texts | exponent |
|---|--:|--:|--:|--:|
| tokenise | 0.1 | 1 | 10 | 1.00 |
| peak memory, MiB | 64 | 64 | 64 |  |
![Seconds of each stage against the number of texts](figures/texts.svg)""",
    "lengths": """## Growth with the length of texts: milliseconds per training step of 4 texts, one core
| model | 64 words | 256 words | 512 words | 1024 words | exponent |
|---|--:|--:|--:|--:|--:|
| lstm | 64 | 256 | 512 | 1,020 | 1.00 |
| words | 4.1 | 65.5 | 262 | 1,050 | 2.00 |
![Seconds of a training step against the length of texts](figures/lengths.svg)""",
    "overhead": """## Fixed costs
| what | cost |
|---|--:|
| a run in a grid | 0.5 (0.5–0.75) s of a core |""",
    "gpu": """## On a GPU
lstm on Some GPU, bfloat16.
| what | measured | share of the bare loop, or multiple of one run |
|---|--:|--:|
| textclf | 850 examples/s | **85 %** |
| bare cuDNN loop | 1,000 examples/s |  |
| 1 runs share the GPU | 800 examples/s | **1×** |
| 4 runs share the GPU | 2,000 examples/s | **2.5×** |
| longest batch | 4,100 texts of 256 words |  |""",
    "fast path": """## Settings that make training faster, and their effect on the results
**films**, 2 seeds for each model
| model | against | difference in test accuracy | significant? |
|---|--:|--:|--:|
| cnn-fast | cnn-plain | +100.00 [+100.00, +100.00] | better |""",
}
FIGURES = {"training": "training.svg", "texts": "texts.svg", "lengths": "lengths.svg"}


def measure(folder: Path, parts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run ``textclf bench`` with the measurements of `MEASURED`."""

    def replaced(name: str) -> Callable[[object, Options], Iterator[Measurement]]:
        return lambda section, options: iter(MEASURED[name])

    for name in parts:
        monkeypatch.setattr(SECTIONS[name], "measure", replaced(name))
        monkeypatch.setattr(SECTIONS[name], "obstacle", lambda section: None)
    run_benchmark(parts, Options(), folder)


def page_of(folder: Path) -> str:
    return write_bench_report(folder).read_text(encoding="utf-8").replace("\n\n", "\n")


def holds(page: str, section: str) -> bool:
    """Return whether a page contains each line of a section, in this order."""
    lines = iter(page.splitlines())
    return all(line in lines for line in PARTS[section].splitlines())


def test_every_section_is_written_from_its_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(MEASURED) == set(SECTIONS)
    folder, fast_path = tmp_path / "bench", tmp_path / "fast-path"
    measure(folder, list(MEASURED), monkeypatch)
    for name, probability in (("cnn-fast", 0.9), ("cnn-plain", 0.1)):
        for seed in (1, 2):
            probabilities = {"p_a": 1 - probability, "p_b": probability}
            predictions = pd.DataFrame({"id": range(TESTED), "label": "b"} | probabilities)
            write_run(fast_path, row(name, "films", seed, None, round(probability)), predictions)
    (fast_path / "experiment.yaml").write_text("contrasts: {cnn-plain: [cnn-fast]}\n", encoding="utf-8")
    page = page_of(folder)
    for section in PARTS:
        assert holds(page, section), section
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "# The benchmark",
        *(line for text in PARTS.values() for line in text.splitlines() if line.startswith("#")),
        "## Where the numbers come from",
    ]
    assert "threads per run 1; sentences tweets, documents bbc-news" in page
    assert page.splitlines()[-1].startswith("- versions: python ")
    assert page.endswith(", keras 7\n")
    assert {path.name for path in folder.glob("figures/*")} == set(FIGURES.values())


@pytest.mark.parametrize("part", MEASURED)
def test_a_section_is_written_without_the_others(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(tmp_path, [part], monkeypatch)
    page = page_of(tmp_path)
    own = {part, "accuracy"} if part == "training" else {part}
    assert {section for section in PARTS if holds(page, section)} == own
    assert [path.name for path in tmp_path.glob("figures/*")] == ([FIGURES[part]] if part in FIGURES else [])
    assert f"\n- {part}: " in page


def test_the_page_names_the_processor_and_its_instruction_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.experiment.provenance.machine", lambda: "Some CPU, 3 cores")
    monkeypatch.setattr("textclf.experiment.provenance.instruction_sets", lambda: ["avx2", "amx_bf16"])
    measure(tmp_path, ["overhead"], monkeypatch)
    assert "\n- overhead: Some CPU, 3 cores, avx2, amx_bf16; device " in page_of(tmp_path)
    records = (tmp_path / BENCH).read_text(encoding="utf-8")
    older = records.replace('"instruction_sets": ["avx2", "amx_bf16"], ', "")
    assert older != records
    (tmp_path / BENCH).write_text(older, encoding="utf-8")
    assert "\n- overhead: Some CPU, 3 cores; device " in page_of(tmp_path), "older records have no instruction sets"


def test_prediction_in_bfloat16_is_reported_only_if_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = [one for one in MEASURED["inference"] if "bfloat16" not in one.variant]
    monkeypatch.setitem(MEASURED, "inference", exact)
    measure(tmp_path, ["inference"], monkeypatch)
    page = page_of(tmp_path)
    assert "| lstm | 90 | 100 | **90 %** | 120 | 40 | **3×** |" in page
    assert "bfloat16" not in page.partition("## Where the numbers come from")[0]


def test_training_speeds_are_written_between_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(tmp_path / "bench", ["training"], monkeypatch)
    text = "<!-- results:bench -->\nold\n<!-- /results:bench -->\n"
    table = "\n".join(PARTS["training"].splitlines()[1:-1])
    assert with_results(text, tmp_path) == f"<!-- results:bench -->\n{table}\n<!-- /results:bench -->\n"


def test_the_sections_of_a_page_are_imported_without_torch() -> None:
    code = (
        "import sys; from textclf.bench.section import SECTIONS; import textclf.bench.page\n"
        "for name in SECTIONS: SECTIONS[name]\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
