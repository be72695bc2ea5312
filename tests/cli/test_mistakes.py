"""Mistakes of a new user: each gives one message with the problem, its place and the way out."""

from __future__ import annotations

import errno
import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers.commands import Cli

from textclf.cli import call

LSTM = ("run", "--encoder", "lstm", "--epochs", "1", "--set", "hidden_dim=4", "--set", "embedding_dim=4", "--dataset")
TFIDF = ("run", "--encoder", "tfidf", "--dataset")


def refused(cli: Cli, *arguments: object) -> str:
    done = cli(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.startswith("textclf: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def rows_of(path: Path) -> list[dict[str, str]]:
    return pd.read_csv(path).to_dict("records")


def put(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("twice", "message"),
    [
        (("--set", "epochs=2"), "--set epochs: --epochs is given too"),
        (("--set", "dataset=tweets"), "--set dataset: --dataset is given too"),
        (("--set", "encoder=cnn"), "encoder: given twice, as lstm and as cnn"),
        (("--pooling", "mean", "--set", "pooling=max"), "pooling: given twice, as mean and as max"),
        (("--score", "dot", "--set", "pooling.score=cosine"), "pooling.score: given twice, as dot and as cosine"),
    ],
)
def test_a_flag_and_a_setting_that_contradict_each_other_are_refused(cli, reviews, twice, message):
    assert f"{message}; leave one out" in refused(cli, *LSTM, reviews, *twice)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("device=meta", 'device: "meta" is not available here'),
        ("fold=1", "fold: 1, but folds is missing"),
        ("vocabulary=vectors", "vocabulary: vectors keeps the words of a vector file; set vectors to a file"),
        ("learning_rate=.inf", "less than or equal to 1e+38, not inf"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(cli, reviews, setting, message):
    assert message in refused(cli, *LSTM, reviews, "--set", setting)


def test_a_url_is_refused_with_the_advice_to_download_it(cli, reviews, tmp_path):
    url = "https://a.org/b.csv"
    advice = f"{url} is a URL, and files are read from disk only; download it and give its path"
    assert f"dataset: {advice}" in refused(cli, *TFIDF, url)
    assert f"vectors: {advice}" in refused(cli, *LSTM, reviews, "--vectors", url)
    (tmp_path / "grid.yaml").write_text(f"datasets: ['{url}']\nmodels: [{{encoder: tfidf}}]\n", encoding="utf-8")
    assert advice in refused(cli, "experiment", "grid.yaml")


def test_a_tilde_in_the_path_of_a_dataset_or_of_vectors_means_the_home_folder(cli, reviews, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "vectors.txt").write_text("film 1 2 3 4\n", encoding="utf-8")
    assert cli(*TFIDF, "~/reviews.csv").returncode == 0
    assert cli(*LSTM, "~/reviews.csv", "--vectors", "~/vectors.txt").returncode == 0
    assert "nothere.csv: no such file" in refused(cli, *TFIDF, "~/nothere.csv")


def test_a_file_name_that_is_too_long_is_refused(cli):
    assert "no such file" in refused(cli, *TFIDF, "a" * 5000 + ".csv")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("label", 'line 2: the label in column "label" holds half a character'),
        ("group", 'line 2: the group in column "group" holds half a character'),
    ],
)
def test_half_a_character_is_refused_in_names_and_kept_in_texts(cli, reviews, tmp_path, column, message):
    rows = rows_of(reviews)
    whole = put(tmp_path / "text.jsonl", [row | {"text": f"{row['text']} \ud800"} for row in rows])
    assert cli(*TFIDF, whole).returncode == 0
    rows[1][column] = "\ud800"
    groups = [{"group": "g"} | row for row in rows]
    assert message in refused(cli, *TFIDF, put(tmp_path / "odd.jsonl", groups))


def test_half_a_character_in_a_key_is_refused(cli, tmp_path):
    path = put(tmp_path / "odd.jsonl", [{"text": "a", "label": "b", "\ud800": "c"}])
    assert "line 1: not JSON (a key holds half a character)" in refused(cli, *TFIDF, path)


def test_a_row_without_a_group_is_refused(cli, reviews, tmp_path):
    rows = [row | {"group": f"g{number // 4}"} for number, row in enumerate(rows_of(reviews))]
    assert cli(*TFIDF, put(tmp_path / "whole.jsonl", rows)).returncode == 0
    rows[6]["group"] = " "
    message = refused(cli, *TFIDF, put(tmp_path / "odd.jsonl", rows))
    assert 'line 7: no group in column "group" (1 such rows)' in message
    assert cli(*TFIDF, reviews, "--save", "model").returncode == 0
    assert cli("predict", "model", "--input", tmp_path / "odd.jsonl").returncode == 0  # prediction needs no groups


def test_a_column_without_any_text_is_refused(cli, reviews, tmp_path):
    rows = rows_of(reviews)
    empty = put(tmp_path / "empty.jsonl", [row | {"text": " "} for row in rows])
    assert 'no text in column "text", all 80 rows are empty' in refused(cli, *TFIDF, empty)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "same", "label": label} for label in "ab" * 20], "40 rows (different texts: 1, classes: 2)"),
        ([{"text": f"t {n}", "label": f"l{n}"} for n in range(40)], "40 rows (different texts: 40, classes: 40)"),
        (
            [{"text": f"t {n}", "label": "ab"[n % 2], "group": "g"} for n in range(40)],
            "40 rows (different texts: 40, classes: 2, groups: 1)",
        ),
    ],
    ids=["one text", "one class per row", "one group"],
)
def test_rows_that_cannot_be_split_are_counted(cli, tmp_path, rows, message):
    assert f"none of the {message} is left for the validation split" in refused(
        cli, *TFIDF, put(tmp_path / "a.jsonl", rows)
    )


@pytest.mark.parametrize(("name", "kind"), [("a.xlsx", "an Excel or zip file"), ("a.parquet", "a Parquet file")])
def test_a_binary_table_under_the_name_of_a_text_format_is_recognised(cli, reviews, tmp_path, name, kind):
    frame, path = pd.read_csv(reviews), tmp_path / name
    frame.to_excel(path, index=False) if name == "a.xlsx" else frame.to_parquet(path)
    assert cli(*TFIDF, path).returncode == 0
    wrong = path.rename(tmp_path / "a.csv")
    assert f"is {kind}, not text; give it as a file whose name ends in {path.suffix}" in refused(cli, *TFIDF, wrong)


def test_the_number_of_classes_is_shown(cli, reviews):
    assert "dataset      reviews (64 / 8 / 8 rows, 2 classes)\n" in cli(*TFIDF, reviews).stdout


@pytest.mark.parametrize("separator", [",", "\t"])
def test_word_vectors_with_another_separator_are_refused_with_the_right_one(cli, reviews, tmp_path, separator):
    (tmp_path / "v.txt").write_text(separator.join(["film", "1", "2", "3", "4"]) + "\n")
    assert "v.txt, line 1: " in (message := refused(cli, *LSTM, reviews, "--vectors", tmp_path / "v.txt"))
    assert "with one space between two values?" in message


def test_saving_to_a_link_that_leads_nowhere_is_refused_before_the_training(cli, reviews, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "is a link to a folder that does not exist" in refused(cli, *TFIDF, reviews, "--save", "link")
    assert not (tmp_path / "nowhere").exists()


def test_a_model_that_is_not_a_folder_is_refused(cli, reviews):
    for name in ("nothing", reviews):
        assert f"{name}: missing, or not a folder; give one that textclf run --save" in refused(
            cli, "predict", name, "a"
        )


def test_the_pair_column_of_a_model_of_single_texts_is_refused(cli, reviews, tmp_path):
    assert cli(*TFIDF, reviews, "--save", "model").returncode == 0
    assert cli("predict", "model", "--input", reviews).returncode == 0
    message = refused(cli, "predict", "model", "--input", reviews, "--pair-column", "label")
    assert "reads single texts; leave --pair-column out" in message


def test_a_tilde_in_a_variable_means_the_home_folder(cli, reviews, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TEXTCLF_CACHE", "~/cache")
    monkeypatch.setenv("TEXTCLF_DATA", "~/data")
    (tmp_path / "home" / "data" / "mine").mkdir(parents=True)
    reviews.rename(tmp_path / "home" / "data" / "mine" / "all.csv")
    assert cli(*TFIDF, "mine").returncode == 0
    assert list((tmp_path / "home" / "cache").iterdir())
    assert not (tmp_path / "~").exists()


def test_doctor_continues_if_the_cache_cannot_be_written(cli, reviews, monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE", str(reviews))
    done = cli("doctor")
    assert done.returncode == 0
    assert not done.stderr
    assert f"note    cache            {reviews}: the cache cannot be written there" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("ok      results")


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_standard_output_is_one_message_and_the_model_is_kept(cli, reviews, tmp_path, monkeypatch, capsys, form):
    monkeypatch.setattr(sys, "stdout", Full())
    assert call([*TFIDF, str(reviews), "--save", "model", *form]) == 2
    message = capsys.readouterr().err.splitlines()
    assert message[0] == "saved the model to model"
    assert message[1].startswith("textclf: standard output: cannot be written (No space left on device)")
    assert (tmp_path / "model" / "model.json").exists()


def test_a_closed_standard_input_is_refused(cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input: is closed" in refused(cli, *TFIDF, "-")
