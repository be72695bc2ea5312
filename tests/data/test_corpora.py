"""Corpora: a dataset is found by its name or path."""

import gzip
import io
import subprocess
import sys

import pytest
from helpers.defaults import load

from textclf.errors import ConfigurationError, DataError, Problem

CSV = "text,label\nx,a\ny,b\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty working folder, and a data folder beside it."""
    (tmp_path / "here").mkdir()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TEXTCLF_DATA", str(tmp_path / "data"))
    return tmp_path


def put(path, content=CSV):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


@pytest.mark.parametrize(
    ("file", "dataset", "name"),
    [
        ("here/reviews.csv", "reviews.csv", "reviews"),
        ("here/reviews.2.CSV.gz", "reviews.2.CSV.gz", "reviews.2"),
        ("here/mine/all.csv.gz", "mine/all.csv.gz", "mine"),
        ("here/mine/all.csv.gz", "mine", "mine"),
        ("here/mine/all.csv", "mine/all.csv", "mine"),
        ("here/mine/train.csv", "mine/train.csv", "mine"),
        ("here/mine/all.csv", "mine", "mine"),
        ("data/films/all.csv", "films", "films"),
    ],
)
def test_a_dataset_is_a_path_or_a_name_under_the_data_folder(elsewhere, file, dataset, name):
    put(elsewhere / file)
    corpus = load(dataset)
    assert (corpus.name, list(corpus.splits), corpus.splits["all"].texts) == (name, ["all"], ["x", "y"])


def test_the_working_folder_comes_before_the_data_folder_and_both_before_the_bundled_corpora(elsewhere):
    put(elsewhere / "data/tweets/all.csv", "text,label\nfrom data,a\n")
    assert load("tweets").splits["all"].texts == ["from data"]
    put(elsewhere / "here/tweets/all.csv", "text,label\nfrom here,a\n")
    assert load("tweets").splits["all"].texts == ["from here"]


def test_a_bundled_corpus_needs_no_data_folder(monkeypatch):
    monkeypatch.delenv("TEXTCLF_DATA")
    corpus = load("bbc-news")
    assert (corpus.name, list(corpus.splits)) == ("bbc-news", ["all"])


def test_the_hash_depends_on_the_content_and_not_on_the_path(elsewhere):
    first = load(str(put(elsewhere / "here/one.csv"))).sha256
    assert load(str(put(elsewhere / "data/two/all.csv"))).sha256 == first
    for other in ("text,label\nx,a\ny,a\n", "text,label\ny,b\nx,a\n", "text,label,group\nx,a,1\ny,b,1\n"):
        assert load(str(put(elsewhere / "here/one.csv", other))).sha256 != first


def test_the_same_rows_in_another_split_have_another_hash(elsewhere):
    for name in ("train", "test"):
        put(elsewhere / f"here/a/{name}.csv")
    put(elsewhere / "here/b/all.csv")
    assert load("a").sha256 != load("b").sha256


def test_standard_input_is_a_corpus(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV.encode())))
    corpus = load("-")
    assert (corpus.name, corpus.splits["all"].texts) == ("standard-input", ["x", "y"])


@pytest.mark.parametrize(
    "options", [{"delimiter": ";"}, {"encoding": "utf-8"}, {"delimiter": ";", "encoding": "utf-8"}]
)
def test_delimiter_and_encoding_are_refused_for_a_dataset_that_is_not_a_file(options):
    with pytest.raises(ConfigurationError) as error:
        load("tweets", **options)
    assert error.value.problems == [
        Problem(key, f"{value!r}, but tweets is not a file; leave it out") for key, value in options.items()
    ]


def test_delimiter_and_encoding_apply_to_every_file_of_a_folder(elsewhere):
    for name in ("train", "test"):
        (elsewhere / f"here/a/{name}.csv").parent.mkdir(exist_ok=True)
        (elsewhere / f"here/a/{name}.csv").write_bytes("text|label\nпривет|a\n".encode("cp1251"))
    corpus = load("a", delimiter="|", encoding="cp1251")
    assert [split.texts for split in corpus.splits.values()] == [["привет"], ["привет"]]


@pytest.mark.parametrize("dataset", ["", "  "])
def test_an_empty_name_is_refused_and_does_not_mean_the_working_folder(elsewhere, dataset):
    put(elsewhere / "here/all.csv")
    with pytest.raises(DataError, match="dataset: missing"):
        load(dataset)


def test_a_missing_file_is_not_looked_for_on_the_hub():
    with pytest.raises(DataError, match=r"none\.csv: no such file"):
        load("none.csv")


@pytest.mark.parametrize("dataset", ["no such name", "x" * 300])
def test_an_impossible_name_gets_an_error_of_one_line(dataset):
    with pytest.raises(DataError) as error:
        load(dataset)
    assert "bbc-news, tweets" in str(error.value)
    assert "\n" not in str(error.value)


def test_listing_corpora_imports_no_large_package():
    code = (
        "import sys, textclf.data.corpora; print(sorted({'numpy', 'pandas', 'torch', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
