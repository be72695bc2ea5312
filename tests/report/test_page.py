"""The page of results made by hand, section by section."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.made_results import made_results
from helpers.rows import TESTED, predicted, row

from textclf.bench.readme import with_results
from textclf.errors import DataError
from textclf.report import write_report
from textclf.results.store import Store


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return made_results(tmp_path)


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
| model | encoder parameters | all parameters | fit, s | peak memory, MB |
| cnn | 1,234 | 5,000 | 2.5 | 321 |
Metrics are in percent and differences in percentage points. ± is half of the 95 % t interval over seeds, or over folds
![Test accuracy of each model with its 95 % interval](figures/score.svg)
![Test accuracy against training speed](figures/score-speed.svg)
![Test accuracy against parameters of the encoder](figures/score-parameters.svg)
## Runs that failed
- whole, cnn, seed 4: killed by signal 9
## Settings of all models
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
- threads per run: 1
- versions: torch 2
- commit: abc
- started: 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:00+00:00
- runs: 13 done, 1 failed"""


def test_the_page_has_every_section_in_order(results: Path) -> None:
    with (results / "experiment.yaml").open("a", encoding="utf-8") as file:
        file.write("contrasts: {lstm-max: [tfidf]}\n")
    lines = iter(write_report(results).read_text(encoding="utf-8").splitlines())
    for start in PAGE.splitlines():
        assert any(line.startswith(start) for line in lines), start
    assert not list(lines)
    for name in ("score", "score-speed", "score-parameters"):
        assert (results / f"figures/{name}.svg").read_text(encoding="utf-8").startswith("<svg")


def keep_rows(results: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    lines = (results / "runs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (results / "runs.jsonl").write_text("".join(line for line in lines if keep(json.loads(line))), encoding="utf-8")


def test_the_page_names_a_best_model_that_is_significantly_better(results: Path) -> None:
    keep_rows(results, lambda row: row["model"] != "cnn")
    page = write_report(results).read_text(encoding="utf-8")
    assert page.count("`lstm-max` is best; the differences to all other models are significant.") == 2
    assert not [words for words in ("≈", "## Runs that failed", "contrasts") if words in page]


def test_a_page_without_speeds_does_not_mention_speeds(results: Path) -> None:
    assert "Speeds are measured after the runs" in write_report(results).read_text(encoding="utf-8")
    (results / "speed.jsonl").unlink()
    page = write_report(results).read_text(encoding="utf-8")
    assert not [words for words in ("Speeds are", "texts/s", "one text, ms") if words in page]


def test_a_page_of_failed_runs_only_lists_their_errors(results: Path) -> None:
    keep_rows(results, lambda row: row["status"] == "failed")
    with (results / "runs.jsonl").open("a", encoding="utf-8") as file:
        changes = {"status": "failed", "error": "out of memory", "fingerprint": "g"}
        file.write(row("lstm-max", "folded", 1, 0, 0.0, **changes).to_json() + "\n")
    page = write_report(results).read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line[:1] in "#-" and line] == [
        "# Results of `made`",
        "## Runs that failed",
        "- whole, cnn, seed 4: killed by signal 9",
        "- folded, lstm-max, seed 1, fold 0: out of memory",
    ]


def test_the_same_rows_give_the_same_files(results: Path) -> None:
    write_report(results)
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    write_report(results)
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_three_runs_have_no_note_on_unreliable_intervals(results: Path) -> None:
    whole = write_report(results).read_text(encoding="utf-8").partition("## folded")[0]
    assert "from two runs" not in whole


def test_the_text_between_markers_is_replaced_by_the_results(results: Path) -> None:
    text = "before\n<!-- results:made -->\nold\n<!-- /results:made -->\nafter\n"
    new = with_results(text, results.parent)
    assert "92.50" in new
    assert "\nold\n" not in new
    assert new.startswith("before\n<!-- results:made -->\n**whole**")
    assert new.endswith("<!-- /results:made -->\nafter\n")
    assert with_results(new, results.parent) == new
    assert with_results(text.replace("made", "made ", 1), results.parent) != new, "markers must match"


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"runs.jsonl: no rows"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())


def test_crossed_scores_and_normalisers_have_a_table(tmp_path: Path) -> None:
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
    assert "normalisers in columns" not in write(tmp_path / "holes", accuracies).read_text(encoding="utf-8")


def test_near_duplicates_are_reported_by_dataset(tmp_path: Path) -> None:
    frame = predicted(TESTED)
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
