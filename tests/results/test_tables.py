"""Tables of typed cells: the metric that ranks the models, its direction, and the columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.made_results import made_results
from helpers.registering import registered
from helpers.rows import TESTED, predicted, row

from textclf.metrics import METRICS, metric_of
from textclf.metrics.metric import Metric
from textclf.report import print_summary, write_report
from textclf.results.experiment_records import read_records
from textclf.results.store import Store
from textclf.results.summaries import DatasetSummary
from textclf.results.tables import cost_table, overview_table, quality_table

CORRECT = {"good": 30, "close": 29, "bad": 10}  # the number of correct predictions


class Mistakes(Metric):
    """The number of mistakes per hundred rows: lower is better, and not shown in percent."""

    title = "mistakes"
    higher_is_better = False
    percent = False

    def per_unit(self, labels: np.ndarray, probabilities: np.ndarray, groups: object = None) -> np.ndarray | None:
        return 100.0 * (probabilities.argmax(1) != labels)


class MistakesAtOnce(Mistakes):
    """The same metric without a value for each unit."""

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: object = None) -> float:
        return float(100.0 * (probabilities.argmax(1) != labels).mean())

    def per_unit(self, labels: np.ndarray, probabilities: np.ndarray, groups: object = None) -> np.ndarray | None:
        return None


@pytest.fixture(name="registered")
def registered_metrics() -> Iterator[None]:
    """Metrics that are registered for one test."""
    with registered((METRICS, "mistakes", Mistakes), (METRICS, "mistakes_at_once", MistakesAtOnce)):
        yield


def summary(folder: Path, select_by: str) -> DatasetSummary:
    """Return the summary of three models that ``select_by`` ranks; in the order of names, the worst model is first."""
    with Store(folder, "made.yaml") as store:
        for name, right in CORRECT.items():
            for seed in (1, 2):
                values = {"accuracy": right / TESTED, select_by: 100 - 100 * right / TESTED, "of_a_plug_in": 0.25}
                result = row(name, "d", seed, None, 0.0, select_by=select_by, metrics={"test": values})
                store.append(result, predicted(right))
    (dataset,) = read_records(folder).datasets
    return dataset


@pytest.mark.usefixtures("registered")
def test_a_metric_whose_lower_values_are_better_ranks_the_models(tmp_path: Path) -> None:
    dataset = summary(tmp_path, "mistakes")
    assert [model.model for model in dataset.ranked] == ["good", "close", "bad"]
    assert dataset.best.model == "good"
    table = quality_table(dataset)
    assert [column.title for column in table.columns] == [
        "model",
        "test mistakes",
        "test accuracy",
        "test of a plug in",
        "difference to the best",
        "runs",
    ]
    assert [row[1].best for row in table.rows] == [True, False, False]
    assert [row[1].value for row in table.rows] == [25.0, 27.5, 75.0]
    differences = [row[4] for row in table.rows]
    assert [(cell.value, cell.note) for cell in differences] == [(None, "best"), (2.5, "≈"), (50.0, "")]
    assert differences[2].low is not None
    assert differences[2].low > 0
    assert not any(row[3].best for row in table.rows), "the direction of a metric that is not registered is unknown"
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| **good** | **25.0000 ± 0.0000** | **75.00 ± 0.00** | 0.2500 ± 0.0000 | best | 2 |" in page
    assert "`good` has the lowest mean; these are not distinguishable from it (≈): `close`." in page
    assert "percentage points, except test mistakes, test of a plug in." in page


@pytest.mark.usefixtures("registered")
def test_a_metric_without_a_value_per_unit_has_differences_without_intervals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = quality_table(summary(tmp_path, "mistakes_at_once"))
    assert [(row[4].value, row[4].low, row[4].note) for row in table.rows[1:]] == [(2.5, None, ""), (50.0, None, "")]
    (tmp_path / "experiment.yaml").write_text("contrasts: {good: [bad]}\n", encoding="utf-8")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    print_summary(tmp_path)
    for text in (page, capsys.readouterr().out):
        assert "\nMistakes has no value per text, so differences have no interval.\n" in text
        assert not [claim for claim in ("≈", "distinguishable", "significant.") if claim in text]
    assert "\n`good` has the lowest mean.\n" in page
    assert "| bad | good | +50.0000 | – |" in page


@pytest.mark.usefixtures("registered")
def test_an_arrow_marks_lower_is_better_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(tmp_path, "mistakes")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "| model | test mistakes ↓ | test accuracy | test of a plug in | difference to the best ↓ | runs |" in page
    assert " ↓: lower is better. " in page
    tables = write_report(tmp_path, "latex").read_text(encoding="utf-8")
    assert r"model & test mistakes $\downarrow$ & test accuracy &" in tables
    print_summary(tmp_path)
    output = capsys.readouterr().out
    assert "mistakes ↓ " in output
    assert "; ↓: lower is better;" in " ".join(output.split())
    assert "test mistakes ↓<" in (tmp_path / "figures/score.svg").read_text(encoding="utf-8")


def test_no_arrow_where_higher_is_better(tmp_path: Path) -> None:
    assert "↓" not in write_report(made_results(tmp_path)).read_text(encoding="utf-8")


def test_cells_are_numbers_with_their_units(tmp_path: Path) -> None:
    whole = read_records(made_results(tmp_path)).datasets[0]
    quality, cost, overview = quality_table(whole), cost_table(whole), overview_table(whole)
    accuracy = quality.columns[1]
    assert (accuracy.metric, accuracy.unit, accuracy.higher_is_better) == ("accuracy", "%", True)
    assert metric_of("log_loss").title not in " ".join(column.title for column in quality.columns)
    assert quality.rows[0][1].value == pytest.approx((37 + 38 + 36) / 3 / TESTED)
    assert [row[0].value for row in cost.rows] == ["cnn", "lstm-max", "tfidf"], "baselines last"
    assert [row[1].value for row in cost.rows] == [1234, 1234, 0]
    assert [column.unit for column in cost.columns[3:]] == ["texts/s", "texts/s", "ms", "s", "MB"]
    assert [column.title for column in overview.columns] == [
        "model",
        "accuracy",
        "macro-F1",
        "vs best",
        "encoder",
        "text/s",
    ]
    for table in (quality, cost, overview):
        assert {len(row) for row in table.rows} == {len(table.columns)}
