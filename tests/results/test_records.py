"""Records of rows made by hand: the last row of each run, the best model, and the differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_results import made_results
from helpers.rows import TESTED, predicted, row

from textclf.errors import DataError
from textclf.report import print_summary, write_report
from textclf.results.data_frame import read_results
from textclf.results.experiment_records import read_records
from textclf.results.store import Store


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return made_results(tmp_path)


def test_records_have_scores_differences_and_verdicts(results: Path) -> None:
    tables = {table.dataset: table for table in read_records(results).datasets}
    whole = {model.model: model for model in tables["whole"].models}
    assert [model.model for model in tables["whole"].models] == ["cnn", "lstm-max", "tfidf"], "baselines last"
    assert len(whole["lstm-max"].rows) == 3
    assert whole["lstm-max"].score.mean == pytest.approx((37 + 38 + 36) / 3 / TESTED)
    assert whole["lstm-max"].difference is None, "the best model has no difference"
    difference = whole["tfidf"].difference
    assert difference is not None
    assert difference.mean == pytest.approx(20 / TESTED - whole["lstm-max"].score.mean)
    assert difference.high is not None
    assert difference.high < 0
    assert (whole["tfidf"].verdict, whole["cnn"].verdict, whole["lstm-max"].verdict) == ("worse", "no", None)
    assert whole["tfidf"].score.high is None
    assert tables["folded"].models[1].difference is None


def test_a_repeated_run_counts_once(results: Path) -> None:
    with Store(results, results.parents[1] / "experiments/made.yaml") as store:
        store.append(row("lstm-max", "whole", 1, None, 0.1, fingerprint="new"), predicted(4))
    (model,) = [
        m for t in read_records(results).datasets if t.dataset == "whole" for m in t.models if m.model == "lstm-max"
    ]
    assert len(model.rows) == 3
    assert model.score.mean == pytest.approx((0.1 + (38 + 36) / TESTED) / 3)


def test_comparisons_of_the_experiment_file_are_reported(results: Path) -> None:
    path = results / "experiment.yaml"
    with path.open("a", encoding="utf-8") as file:
        file.write("contrasts: {cnn: [tfidf, lstm-max, gone, gru]}\n")
    with Store(results, results.parents[1] / "experiments/made.yaml") as store:
        changes = {"status": "failed", "error": "no memory", "fingerprint": "g"}
        store.append(row("gru", "whole", 1, None, 0.0, **changes))
    whole, _ = read_records(results).datasets
    assert [(contrast.model, contrast.reference) for contrast in whole.contrasts] == [
        ("tfidf", "cnn"),
        ("lstm-max", "cnn"),
        ("gone", "cnn"),
        ("gru", "cnn"),
    ]
    worse, better, *_ = whole.contrasts
    assert better.difference.mean == pytest.approx(2 / TESTED)
    assert worse.difference.high < 0
    page = write_report(results).read_text(encoding="utf-8")
    assert "| model | against | difference in test accuracy | significant? |" in page
    verdicts = {
        line[: line.index("[")]: line.split("| ")[-1] for line in page.splitlines() if "| cnn |" in line and "[" in line
    }
    assert verdicts["| lstm-max | cnn | +5.00 "] == "no |"
    assert "worse |" in verdicts.values()
    assert "| gone | cnn | – | no runs |\n| gru | cnn | – | failed |\n" in page
    assert "| gru | cnn | – | no runs |" in page.partition("## folded")[2]


@pytest.mark.parametrize("format", ["markdown", "latex", "csv"])
def test_the_error_for_a_file_instead_of_a_folder_names_the_folder(results: Path, format: str) -> None:
    path = results / "runs.jsonl"
    for use in (read_results, lambda path: write_report(path, format), print_summary):
        with pytest.raises(DataError) as caught:
            use(path)
        assert str(caught.value) == f"{path}: is a file, not a folder of results; name a folder, such as {results}"


def test_models_of_ranked_data_are_compared_by_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two questions, three candidates. One model always predicts 0 but ranks well; the other is correct more often."""
    probabilities = {"ranks": [0.4, 0.1, 0.2, 0.1, 0.3, 0.2], "decides": [0.9, 0.4, 0.2, 0.3, 0.1, 0.45]}
    with Store(tmp_path, "made.yaml") as store:
        for name, right in probabilities.items():
            chance = np.array(right)
            frame = pd.DataFrame({"id": range(6), "group": list("qqqrrr"), "label": list("100010")})
            frame = frame.assign(p_0=1 - chance, p_1=chance)
            accuracy, ranking = (4 / 6, 1.0) if name == "ranks" else (5 / 6, (1 + 1 / 3) / 2)
            metrics = {"test": {"accuracy": accuracy, "macro_f1": 0.4, "log_loss": 0.5, "map": ranking, "mrr": ranking}}
            rows = {"train": 9, "validation": 6, "test": 6}
            store.append(
                row(name, "answers", 1, None, accuracy, metrics=metrics, rows=rows, task="ranking", select_by="map"),
                frame,
            )
    (dataset,) = read_records(tmp_path).datasets
    best, other = sorted(dataset.models, key=lambda model: -model.score.mean)
    assert (dataset.select_by, best.model, best.difference) == ("map", "ranks", None)
    assert other.difference is not None
    assert other.difference.mean == pytest.approx((1 + 1 / 3) / 2 - 1), "computed over questions, from the predictions"
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| model | test MAP | test accuracy | test macro-F1 | test MRR | difference to the best | runs |" in page
    print_summary(tmp_path)
    assert "MAP" in capsys.readouterr().out


def test_models_are_compared_on_the_same_split(tmp_path: Path) -> None:
    """With two split seeds, the difference is the mean of the differences on the two splits."""
    rights = {"cnn": (40, 20), "gru": (20, 16)}
    with Store(tmp_path, "made.yaml") as store:
        for model, numbers in rights.items():
            for split_seed, right in enumerate(numbers):
                changes = {"split_seed": split_seed, "fingerprint": f"{model}{split_seed}"}
                store.append(row(model, "d", 1, None, right / TESTED, **changes), predicted(right))
    (dataset,) = read_records(tmp_path).datasets
    (difference,) = [model.difference for model in dataset.models if model.difference is not None]
    assert difference.mean == pytest.approx((18 - 30) / TESTED)


def test_models_without_a_common_fold_have_a_difference_without_an_interval(tmp_path: Path) -> None:
    """This happens if an experiment is stopped early."""
    with Store(tmp_path, "made.yaml") as store:
        for model, fold, right in (("cnn", 0, 40), ("gru", 1, 30)):
            store.append(row(model, "d", 1, fold, right / TESTED), predicted(right))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| -25.00 | 1 |" in page
    assert "\n`cnn` has the highest mean.\n" in page
    assert "\nA difference without an interval compares models that have no seed or fold in common.\n" in page
    assert "≈" not in page
