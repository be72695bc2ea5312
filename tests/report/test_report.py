"""The report of rows made by hand: three models, two datasets, seeds and folds, a baseline, a failed run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from helpers.rows import TESTED, predicted, row, write_run

from textclf.bench.readme import with_results
from textclf.errors import DataError
from textclf.report import print_summary, write_report
from textclf.results.store import Store
from textclf.results.tables import read_records

RIGHT = {"lstm-max": 36, "cnn": 34, "tfidf": 20}  # of the test rows, give or take the seed


def append(store: Store, model: str, dataset: str, seed: int, fold: int | None) -> None:
    right = RIGHT[model] + (0 if model == "tfidf" else seed % 3)
    correct = np.random.default_rng([seed, fold or 0]).permutation(TESTED) < right
    probabilities = np.where(correct, 0.9, 0.2)
    frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 1 - probabilities, "p_b": probabilities})
    store.append(row(model, dataset, seed, fold, right / TESTED), frame)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results/made"
    (tmp_path / "experiments").mkdir()
    question = "# experiments/made.yaml: which is best?\n#\n# Cut to 64 tokens.\nmodels: []\n# no more\n"
    (tmp_path / "experiments/made.yaml").write_text(question, encoding="utf-8")
    with Store(folder, tmp_path / "experiments/made.yaml") as store:
        store.keep([])
        for model in RIGHT:
            for seed in (1,) if model == "tfidf" else (1, 2, 3):
                append(store, model, "whole", seed, None)
            for fold in (0, 1):
                append(store, model, "folded", 1, fold)
            store.append_speed(
                {
                    "fingerprint": f"speed-{model}",
                    "dataset": "whole",
                    "condition": "",
                    "model": model,
                    "speed": {
                        "train_examples_per_second": 1500.0 + len(model),
                        "inference_examples_per_second": 9000.0,
                        "inference_latency_ms": 1.25,
                    },
                }
            )
        failed = row("cnn", "whole", 4, None, 0.0, status="failed", error="killed by signal 9", fingerprint="f")
        store.append({key: failed[key] for key in failed if key not in {"metrics", "epochs", "parameters"}})
    return folder


def test_the_tables(results: Path) -> None:
    tables = {table.dataset: table for table in read_records(results).tables}
    whole = {model.model: model for model in tables["whole"].models}
    assert [model.model for model in tables["whole"].models] == ["cnn", "lstm-max", "tfidf"], "baselines last"
    assert len(whole["lstm-max"].rows) == 3
    assert whole["lstm-max"].score.mean == pytest.approx((37 + 38 + 36) / 3 / TESTED)
    assert whole["lstm-max"].difference is None, "the best has nothing to differ from"
    difference = whole["tfidf"].difference
    assert difference is not None
    assert difference.mean == pytest.approx(20 / TESTED - whole["lstm-max"].score.mean)
    assert difference.high is not None
    assert difference.high < 0
    assert not whole["tfidf"].ties
    assert whole["tfidf"].score.high is None
    assert tables["folded"].models[1].difference is None


PAGE = """# Results of
Which is best?
Cut to 64 tokens.
## whole
| model | test accuracy | test macro-F1 | difference to the best | runs |
| **lstm-max** | **92.50 ± 6.21** | **91.50 ± 6.21** | best | 3 |
| cnn | 87.50 ± 6.21 | 86.50 ± 6.21 | -5.00 [
| tfidf | 50.00 | 49.00 | -42.50 [
`lstm-max` has the highest mean; these are not distinguishable from it (≈): `cnn`.
| tfidf | lstm-max | -42.50 [
| model | encoder parameters | all parameters | training texts/s | inference texts/s | one text, ms |
| lstm-max | 1,234 | 5,000 | 1,508 | 9,000 | 1.2 | 2.5 | 321 |
| tfidf | 0 | 900 | 1,505 | 9,000 | 1.2 | 2.5 | 321 |
## folded
| **lstm-max** | **92.50 ± 0.00** | **91.50 ± 0.00** | best | 2 |
| cnn | 1,234 | 5,000 | – | – | – | 2.5 | 321 |
Metrics and differences are in points of a percent. ± is half of the 95 % t interval over seeds, or folds where
![Test accuracy of each model with its 95 % interval](figures/accuracy.svg)
![Test accuracy against training speed](figures/accuracy-speed.svg)
![Test accuracy against parameters of the encoder](figures/accuracy-parameters.svg)
## Runs that failed
- whole, cnn, seed 4: killed by signal 9
## What all models share
| `epochs` | 3 |
| `precision` | auto |
| `dropout` | 0.5 |
| by dataset | whole | folded |
| rows (training / validation / test) | 100 / 10 / 40 | 100 / 10 / 40 |
| test rows with a near-duplicate in training (Jaccard index of words ≥ 0.8) | not recorded | not recorded |
| `folds` | – | 2 |
| `max_tokens` | 64 | 64 |
| seeds | 1, 2, 3 | 1 |
## Where the numbers come from
- reproduce: `textclf experiment
- machine: a machine
- device, precision: cpu, float32
- threads a run: 1
- versions: torch 2
- commit: abc
- started: 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:00+00:00
- runs: 13 done, 1 failed"""


def test_every_section_of_the_page_in_its_order(results: Path) -> None:
    with (results / "experiment.yaml").open("a", encoding="utf-8") as file:
        file.write("compare: {lstm-max: [tfidf]}\n")
    lines = iter(write_report(results).read_text(encoding="utf-8").splitlines())
    for start in PAGE.splitlines():
        assert any(line.startswith(start) for line in lines), start
    assert not list(lines)
    for name in ("accuracy", "accuracy-speed", "accuracy-parameters"):
        assert (results / f"figures/{name}.svg").read_text(encoding="utf-8").startswith("<svg")


def keep_rows(results: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    lines = (results / "runs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (results / "runs.jsonl").write_text("".join(line for line in lines if keep(json.loads(line))), encoding="utf-8")


def test_a_page_whose_best_model_is_beyond_the_noise(results: Path) -> None:
    keep_rows(results, lambda row: row["model"] != "cnn")
    page = write_report(results).read_text(encoding="utf-8")
    assert page.count("`lstm-max` is best, beyond the noise.") == 2
    assert not [words for words in ("≈", "## Runs that failed", "What was asked:") if words in page]


def test_a_page_of_failed_runs_alone(results: Path) -> None:
    keep_rows(results, lambda row: row["status"] == "failed")
    with (results / "runs.jsonl").open("a", encoding="utf-8") as file:
        changes = {"status": "failed", "error": "out of memory", "fingerprint": "g"}
        file.write(json.dumps(row("lstm-max", "folded", 1, 0, 0.0, **changes)) + "\n")
    page = write_report(results).read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line[:1] in "#-" and line] == [
        "# Results of `made`",
        "## Runs that failed",
        "- whole, cnn, seed 4: killed by signal 9",
        "- folded, lstm-max, seed 1, fold 0: out of memory",
    ]


def test_of_many_models_a_figure_names_the_best_alone(results: Path) -> None:
    keep_rows(results, lambda row: False)
    for number in range(15):
        parameters = {"total": 5000, "embedding": 0, "encoder": 1000 * (1 + number)}
        made = row(f"model{number:02}", "many", 1, None, (25 + number // 2) / TESTED, parameters=parameters)
        write_run(results, made, predicted(25 + number // 2))
    assert "figures/accuracy-speed.svg" not in write_report(results).read_text(encoding="utf-8"), "nothing was timed"
    names = {
        name: set(re.findall(r">(model\d\d)<", (results / f"figures/{name}.svg").read_text(encoding="utf-8")))
        for name in ("accuracy", "accuracy-parameters")
    }
    assert names["accuracy-parameters"] == {"model14"}
    assert len(names["accuracy"]) == 15


def test_the_same_rows_give_the_same_files(results: Path) -> None:
    write_report(results)
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    write_report(results)
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_a_run_made_again_counts_once(results: Path) -> None:
    with Store(results, results.parents[1] / "experiments/made.yaml") as store:
        again = row("lstm-max", "whole", 1, None, 0.1, fingerprint="lstm-max-whole-2-None")
        store.append(again | {"fingerprint": "new"}, predicted(4))
    (model,) = [
        m for t in read_records(results).tables if t.dataset == "whole" for m in t.models if m.model == "lstm-max"
    ]
    assert len(model.rows) == 3
    assert model.score.mean == pytest.approx((0.1 + (38 + 36) / TESTED) / 3)


def test_the_terminal(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(results)
    said = capsys.readouterr().out
    assert "lstm-max" in said
    assert "92.50 ± 6.21" in said
    assert all(len(line) <= 80 for line in said.splitlines())


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (80, ["accuracy", "macro-F1", "vs best", "encoder", "text/s"]),
        (60, ["accuracy", "macro-F1", "vs best", "encoder"]),
        (50, ["accuracy", "macro-F1", "vs best"]),
        (40, ["accuracy", "vs best"]),
        (20, ["accuracy"]),
    ],
)
def test_a_narrow_terminal_has_fewer_columns_and_whole_names(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, columns: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_summary(results)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines)
    header = next(line for line in lines if "accuracy" in line)
    assert header.split() == " ".join(["model", *columns]).split()
    if width > 20:
        assert any(line.startswith("lstm-max ") for line in lines)


@pytest.mark.parametrize("width", ["0", "1", "19"])
def test_a_terminal_without_width_shows_what_a_narrow_one_does(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    shown = []
    for columns in ("20", width):
        monkeypatch.setenv("COLUMNS", columns)
        print_summary(results)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "accuracy" in shown[0]


HOSTILE = "[/red] a|b <b>x</b> `c` 😀 :smile:"


def test_names_are_text_in_terminal_markdown_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, error = "d\x1b[31m|<i>\nx", "[/x] \x1b[2J"
    frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 0.4, "p_b": 0.6})
    (tmp_path / "made.yaml").write_text("# <script>x</script>\n# - \u202e | *y*\nmodels: []\n", encoding="utf-8")
    with Store(tmp_path / "out", tmp_path / "made.yaml") as store:
        store.keep([])
        for number, name in enumerate([HOSTILE, "😀" * 100, "\x07\x1b"]):
            store.append(row(name, data, 1, None, 1.0, fingerprint=str(number)), frame)
        store.append(row(HOSTILE, data, 2, None, 0.0, status="failed", error=error, fingerprint="g"))
    print_summary(tmp_path / "out")
    said = capsys.readouterr().out
    page = write_report(tmp_path / "out").read_text(encoding="utf-8")
    figure = (tmp_path / "out/figures/accuracy.svg").read_text(encoding="utf-8")
    for shown in (said, page, figure):
        assert not set("\x1b\x07\u202e") & set(shown)
    assert r"d\x1b[31m|<i>\nx" in said
    assert "[/red] a|b" in said
    assert ":smile:" in said
    assert r"| \[/red\] a\|b \<b\>x\</b\> \`c\` 😀 :smile: |" in page
    assert r"- d\\x1b\[31m\|\<i\>\\nx, \[/red\] a\|b" in page
    assert "\\<script\\>x\\</script\\>\n\\- " in page
    assert ElementTree.fromstring(figure) is not None
    assert HOSTILE in "".join(ElementTree.fromstring(figure).itertext())


def test_figures_stay_within_0_and_100_percent(tmp_path: Path) -> None:
    """Two runs of 60 and 100 %: their t interval goes from -174 to 334 %."""
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed, right in ((1, 24), (2, TESTED)):
            probability = np.where(np.arange(TESTED) < right, 0.9, 0.2)
            frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 1 - probability, "p_b": probability})
            store.append(row("cnn", "d", seed, None, right / TESTED), frame)
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "80.00 ± 254.12" in page, "an interval is what it is"
    assert "An interval (±) from two runs rests on one difference" in page
    for name in ("accuracy", "accuracy-parameters"):
        texts = ElementTree.parse(tmp_path / f"figures/{name}.svg").getroot().itertext()
        ticks = [float(text) for text in texts if text.replace(".", "").replace("−", "").isdigit()]
        assert all(0 <= tick <= 100 for tick in ticks if tick != 1.234)


def test_three_runs_need_no_such_note(results: Path) -> None:
    whole = write_report(results).read_text(encoding="utf-8").partition("## folded")[0]
    assert "from two runs" not in whole


def test_warnings_are_reported_with_the_number_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed in (1, 2, 3):
            append(store, "cnn", "d", seed, None)
            frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 0.4, "p_b": 0.6})
            doubt = ["predicts one class only"] if seed < 3 else []
            store.append(row("lstm_x", "d", seed, None, 1.0, warnings=doubt), frame)
    print_summary(tmp_path)
    assert "Warning: lstm_x: predicts one class only (2 of 3 runs).\n" in capsys.readouterr().out
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "\nWarning: lstm_x: predicts one class only (2 of 3 runs).\n" in page
    assert page.count("Warning") == 1


def test_numbers_between_markers(results: Path) -> None:
    text = "before\n<!-- results:made -->\nold\n<!-- /results:made -->\nafter\n"
    new = with_results(text, results.parent)
    assert "92.50" in new
    assert "\nold\n" not in new
    assert new.startswith("before\n<!-- results:made -->\n**whole**")
    assert new.endswith("<!-- /results:made -->\nafter\n")
    assert with_results(new, results.parent) == new
    assert with_results(text.replace("made", "made ", 1), results.parent) != new, "markers must match"


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"runs.jsonl: no rows"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_was_asked_is_answered(results: Path) -> None:
    path = results / "experiment.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "compare: {cnn: [tfidf, lstm-max, gone]}\n", encoding="utf-8")
    whole, _ = read_records(results).tables
    assert [(made.model, made.reference) for made in whole.comparisons] == [("tfidf", "cnn"), ("lstm-max", "cnn")]
    worse, better = whole.comparisons
    assert better.difference.mean == pytest.approx(2 / TESTED)
    assert worse.difference.high < 0
    page = write_report(results).read_text(encoding="utf-8")
    assert "| model | against | difference in test accuracy | beyond the noise? |" in page
    told = {
        line[: line.index("[")]: line.split("| ")[-1] for line in page.splitlines() if "| cnn |" in line and "[" in line
    }
    assert told["| lstm-max | cnn | +5.00 "] == "no |"
    assert "worse |" in told.values()


def test_scores_and_normalisers_that_are_crossed(tmp_path: Path) -> None:
    accuracies = {("dot", "softmax"): 30, ("dot", "hard"): 20, ("cosine", "softmax"): 36, ("cosine", "hard"): 10}

    def write(folder: Path, cells: dict[tuple[str, str], int]) -> Path:
        with Store(folder, "made.yaml") as store:
            for (score, normaliser), right in cells.items():
                name = f"lstm-{score}-{normaliser}"
                made = row(name, "d", 1, None, right / TESTED, score=score, normaliser=normaliser)
                store.append(made, predicted(right))
        return write_report(folder)

    page = write(tmp_path / "crossed", accuracies).read_text(encoding="utf-8")
    expected = (
        "| test accuracy | hard | softmax |\n|---|--:|--:|\n| cosine | 25.00 | **90.00** |\n| dot | 50.00 | 75.00 |\n"
    )
    assert expected in page
    del accuracies["dot", "hard"]
    assert "normalisers across" not in write(tmp_path / "holes", accuracies).read_text(encoding="utf-8")


def test_ranked_data_are_ranked_by_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two questions of three candidates. One model says no to all and ranks well; the other is right more often."""
    probabilities = {"ranks": [0.4, 0.1, 0.2, 0.1, 0.3, 0.2], "decides": [0.9, 0.4, 0.2, 0.3, 0.1, 0.45]}
    with Store(tmp_path, "made.yaml") as store:
        for name, right in probabilities.items():
            chance = np.array(right)
            frame = pd.DataFrame({"id": range(6), "group": list("qqqrrr"), "label": list("100010")})
            frame = frame.assign(p_0=1 - chance, p_1=chance)
            accuracy, found = (4 / 6, 1.0) if name == "ranks" else (5 / 6, (1 + 1 / 3) / 2)
            metrics = {"test": {"accuracy": accuracy, "macro_f1": 0.4, "log_loss": 0.5, "map": found, "mrr": found}}
            rows = {"train": 9, "validation": 6, "test": 6}
            store.append(row(name, "answers", 1, None, accuracy, metrics=metrics, rows=rows), frame)
    (table,) = read_records(tmp_path).tables
    best, other = sorted(table.models, key=lambda model: -model.score.mean)
    assert (table.metric, best.model, best.difference) == ("map", "ranks", None)
    assert other.difference is not None
    assert other.difference.mean == pytest.approx((1 + 1 / 3) / 2 - 1), "of the questions, from the predictions"
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| model | test MAP | test accuracy | test macro-F1 | test MRR | difference to the best | runs |" in page
    print_summary(tmp_path)
    assert "MAP" in capsys.readouterr().out


def test_each_split_pairs_with_itself(tmp_path: Path) -> None:
    """Two split seeds: the difference is the mean of both splits', as the accuracies are."""
    rights = {"cnn": (40, 20), "gru": (20, 16)}
    with Store(tmp_path, "made.yaml") as store:
        for model, numbers in rights.items():
            for split_seed, right in enumerate(numbers):
                changes = {"split_seed": split_seed, "fingerprint": f"{model}{split_seed}"}
                store.append(row(model, "d", 1, None, right / TESTED, **changes), predicted(right))
    (table,) = read_records(tmp_path).tables
    (difference,) = [model.difference for model in table.models if model.difference is not None]
    assert difference.mean == pytest.approx((18 - 30) / TESTED)


def test_models_without_a_fold_in_common_are_told_apart_without_an_interval(tmp_path: Path) -> None:
    """As when an experiment is stopped early."""
    with Store(tmp_path, "made.yaml") as store:
        for model, fold, right in (("cnn", 0, 40), ("gru", 1, 30)):
            store.append(row(model, "d", 1, fold, right / TESTED), predicted(right))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| -25.00 ≈ | 1 |" in page
    assert "these are not distinguishable from it (≈): `gru`." in page


def test_near_duplicates_are_reported_by_dataset(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 0.4, "p_b": 0.6})
    with Store(tmp_path / "made", "made.yaml") as store:
        for fold, count in enumerate((8, 3)):
            store.append(row("cnn", "folded", 1, fold, 1.0, near_duplicates=count), frame)
        store.append(row("cnn", "long", 1, None, 1.0, near_duplicates=None), frame)
        store.append(row("cnn", "many", 1, None, 1.0, near_duplicates=1234), frame)
        store.append(row("cnn", "old", 1, None, 1.0), frame)
    lines = write_report(tmp_path / "made").read_text(encoding="utf-8").splitlines()
    (header,) = [line for line in lines if line.startswith("| by dataset |")]
    (line,) = [line for line in lines if line.startswith("| test rows with a near-duplicate in training")]
    counts = dict(zip(*([cell.strip() for cell in each.split("|")[2:-1]] for each in (header, line)), strict=True))
    assert counts == {
        "folded": "3–8",
        "long": "not counted, it would take too long",
        "many": "1,234",
        "old": "not recorded",
    }
