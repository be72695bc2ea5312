"""Tables and `read_results` say what is pretrained, where anything is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.pretrained_results import pretrained_results
from helpers.rows import keys_of_row, row

from textclf import read_results
from textclf.errors import DataError
from textclf.results.experiment_records import read_records
from textclf.results.summaries import DatasetSummary
from textclf.results.tables import cost_table, overview_table, quality_table
from textclf.results.typed_table import Table

WORDS = {
    "transformer-mean": "minilm, frozen",
    "transformer-mean-full": "minilm, fine-tuned",
    "static": "wordllama vectors",
    "lstm-max": None,
    "tfidf": None,
}


def dataset(folder: Path, name: str) -> DatasetSummary:
    return next(one for one in read_records(pretrained_results(folder)).datasets if one.dataset == name)


def column(table: Table, title: str) -> dict[object, object]:
    """Return the values of a column by the name of the model."""
    at = [column.title for column in table.columns].index(title)
    return {cells[0].value: cells[at].value for cells in table.rows}


def test_every_table_ends_in_the_pretrained_part_of_each_model(tmp_path: Path) -> None:
    films = dataset(tmp_path, "films")
    for table in (quality_table(films), cost_table(films), overview_table(films)):
        assert table.columns[-1].title == "pretrained"
        assert column(table, "pretrained") == WORDS
    assert quality_table(films).columns[1].metric == films.select_by


def test_the_cost_table_counts_pretrained_and_trained_parameters(tmp_path: Path) -> None:
    table = cost_table(dataset(tmp_path, "films"))
    counts = {
        "encoder parameters": [1234, 0, 0, 0, 0],
        "all parameters": [5000, 22_770, 22_770, 8_514, 900],
        "pretrained parameters": [0, 22_000, 22_000, 8_000, 0],
        "trained parameters": [5000, 770, 22_770, 514, None],  # the row of tfidf does not hold it
    }
    models = ["lstm-max", "transformer-mean", "transformer-mean-full", "static", "tfidf"]
    assert [one.title for one in table.columns[1:5]] == list(counts)
    assert {title: column(table, title) for title in counts} == {
        title: dict(zip(models, values, strict=True)) for title, values in counts.items()
    }


def test_tables_of_a_dataset_without_pretrained_models_have_no_such_columns(tmp_path: Path) -> None:
    plain = dataset(tmp_path, "plain")
    titles = [
        one.title for table in (quality_table(plain), cost_table(plain), overview_table(plain)) for one in table.columns
    ]
    assert "encoder parameters" in titles
    assert not {"pretrained", "pretrained parameters", "trained parameters"} & set(titles)


def test_read_results_has_the_words_and_the_numbers(tmp_path: Path) -> None:
    results = read_results(pretrained_results(tmp_path))
    assert results.columns[-1] == "pretrained"
    films = results[results.dataset == "films"].drop_duplicates("model").set_index("model")
    assert {model: None if pd.isna(words) else words for model, words in films.pretrained.items()} == WORDS
    assert films.pretrained_parameters["transformer-mean"] == 22_000
    assert films.trained_parameters["transformer-mean-full"] == 22_770
    assert films.trained_parameters.isna()["tfidf"]


def test_a_row_without_these_keys_is_valid_and_written_as_it_was() -> None:
    old = row("cnn", "d", 1, None, 0.5)
    assert (old.pretrained, old.pretrained_origin, old.language_model) == (None, None, None)
    assert (old.parameters.pretrained, old.parameters.trained) == (0, None)
    assert old.to_dict() == keys_of_row("cnn", "d", 1, None, 0.5)


def test_a_language_model_is_frozen_or_fine_tuned() -> None:
    assert row("cnn", "d", 1, None, 0.5, language_model="fine-tuned").language_model == "fine-tuned"
    with pytest.raises(DataError, match="language_model"):
        row("cnn", "d", 1, None, 0.5, language_model="warm")
