"""Bad input on the command line: exit 2, one readable message, no traceback, no result."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from helpers.commands import Cli

from textclf.results.store import Store

ONE_CLASS = "text,label\n" + "same,pos\n" * 3
RUN = ("run", "--encoder", "lstm", "--epochs", "1", "--dataset")


def refused(cli: Cli, folder: Path, *arguments: object, **environment: str) -> str:
    before = set(folder.rglob("*"))
    done = cli(*arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert set(folder.rglob("*")) == before, "nothing may be written"
    return done.stderr


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return name


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((*RUN, "nothere.csv"), ["nothere.csv", "no such file"]),
        ((*RUN, "tweeets"), ['"tweeets"', 'did you mean "tweets"?', "bbc-news"]),
        (("run", "--dataset", "tweets", "--encoder", "lstn"), ["encoder", 'did you mean "lstm"?']),
        (("run", "--dataset", "tweets", "--encoder", "lstm", "--pooling", "maxx"), ["pooling", 'did you mean "max"?']),
        (("run", "--dataset", "tweets", "--encoder", "tfidf", "--pooling", "max"), ["pooling", "tfidf", "takes no"]),
        ((*RUN, "tweets", "--set", "epohcs=3"), ["epohcs", 'did you mean "epochs"?']),
        (
            (*RUN, "tweets", "--set", "batch_size=-3", "--set", "hidden_dim=big"),
            ["batch_size: ", "-3", "hidden_dim: ", "'big'"],
        ),
        ((*RUN, "tweets", "--set", "epochs"), ["--set epochs", "KEY=VALUE"]),
        (("run", "--encoder", "lstm"), ["--dataset"]),
        (("predict", "nomodel", "text"), ["nomodel", "missing"]),
        (("report", "noresults"), ["noresults", "no rows"]),
        (("experiment", "nothere.yaml"), ["nothere.yaml", "no such file"]),
        (("list", "score"), ['"score"', 'did you mean "scores"?']),
        (("list", "setting"), ['"setting"', 'did you mean "settings"?']),
        (("lst",), ["lst", "list"]),
    ],
    ids=lambda value: " ".join(map(str, value))[:60],
)
def test_the_error_names_the_wrong_argument(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], expected: list[str]
) -> None:
    message = refused(cli, tmp_path, *arguments)
    assert all(part in message for part in expected), message


def test_the_process_exits_with_2(textclf: Cli, tmp_path: Path) -> None:
    message = refused(textclf, tmp_path, *RUN, "nothere.csv")
    assert message.startswith("textclf: ")
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("columns.csv", "body,stars\ngood,5\n", ['"text"', "body, stars", "--text-column"]),
        ("empty.csv", "", ["empty.csv", "empty"]),
        ("header.csv", "text,label\n", ["header.csv", "empty"]),
        ("one.csv", ONE_CLASS, ['"pos"', "two"]),
        ("missing.csv", "text,label\na,x\nb,\nc,y\n", ["missing.csv", "line 3", '"label"']),
        ("bytes.csv", b"text,label\nfine,x\ncaf\x81,y\n", ["bytes.csv", "line 3", "UTF-8", "--encoding"]),
        ("ragged.csv", "text,label\na,x\nb,y,z\n", ["ragged.csv", "line 3"]),
        ("broken.jsonl", '{"text": "a", "label": "x"}\n{"text": \n', ["broken.jsonl", "line 2"]),
        ("broken.parquet", b"PAR1 not really", ["broken.parquet", "Parquet"]),
    ],
)
def test_the_error_describes_an_unusable_file(
    cli: Cli, tmp_path: Path, name: str, content: str | bytes, expected: list[str]
) -> None:
    message = refused(cli, tmp_path, *RUN, write(tmp_path, name, content))
    assert all(part in message for part in expected), message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("good 1 2 3\nbad 1 2\n", ["vectors", "line 2", "3 numbers"]),
        ("good 1 2 3\nbad 1 2 3\n", ["embedding_dim: 100", "set embedding_dim to 3"]),
    ],
)
def test_the_error_describes_unusable_vectors(
    cli: Cli, tmp_path: Path, reviews: Path, content: str, expected: list[str]
) -> None:
    (tmp_path / "vectors.txt.gz").write_bytes(gzip.compress(content.encode()))
    message = refused(cli, tmp_path, *RUN, reviews, "--vectors", "vectors.txt.gz")
    assert all(part in message for part in expected), message


def test_all_problems_of_an_experiment_file_are_reported_together(cli: Cli, tmp_path: Path) -> None:
    content = (
        "datasets: [tweets]\nshared: {epohcs: 1, hidden_dim: -4, dropout: lots}\nmodels: [{encoder: lstn}]\nseed: [1]\n"
    )
    message = refused(cli, tmp_path, "experiment", write(tmp_path, "bad.yaml", content))
    assert message.count("bad.yaml: ") == 5
    for problem in (
        'bad.yaml: seed: unknown key; did you mean "seeds"?',
        'bad.yaml: shared.epohcs: no model of this experiment takes it; did you mean "epochs"?',
        "bad.yaml: shared.hidden_dim: ",
        "bad.yaml: shared.dropout: ",
        'bad.yaml: models[0].encoder: there is no "lstn"; did you mean "lstm"?',
    ):
        assert problem in message, message


def test_a_class_without_training_rows_is_refused(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, "train.csv", "text,label\n" + "".join(f"text {row},{'xy'[row % 2]}\n" for row in range(40)))
    write(tmp_path, "test.csv", "text,label\none,x\nother,z\n")
    message = refused(cli, tmp_path, *RUN, ".")
    assert all(part in message for part in ('class "z"', "training", "remove it")), message


def test_a_folder_of_results_in_use_is_refused(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    grid = write(tmp_path, "grid.yaml", f"datasets: [{reviews}]\nmodels: [{{encoder: tfidf}}]\n")
    with Store(tmp_path / "results/grid", tmp_path / grid):
        message = refused(cli, tmp_path, "experiment", grid)
    assert all(part in message for part in ("results/grid", "another process is writing there", "--out")), message


def test_a_folder_of_results_that_cannot_be_written_is_refused(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    grid = write(tmp_path, "grid.yaml", f"datasets: [{reviews}]\nmodels: [{{encoder: tfidf}}]\n")
    message = refused(cli, tmp_path, "experiment", grid, "--out", "file/results")
    assert "file/results" in message
    assert "--out" in message


def test_the_error_for_an_unreachable_hub_lists_the_bundled_corpora(textclf: Cli, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"  # the discard port, which refuses the connection at once
    message = refused(textclf, tmp_path, *RUN, "someone/dataset", HF_ENDPOINT=nowhere)
    assert all(part in message for part in ("someone/dataset", "cannot be reached", "bbc-news", "tweets")), message


def test_the_error_for_a_damaged_model_folder_names_the_file(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    saved = cli(*RUN, reviews, "--set", "hidden_dim=8", "--save", "model")
    assert saved.returncode == 0, saved.stderr
    model = tmp_path / "model"
    assert cli("predict", "model", "a good film").returncode == 0
    for name in ("model.json", "model.safetensors", "tokenizer.json"):
        whole = (model / name).read_bytes()
        (model / name).write_bytes(whole[: len(whole) // 2])
        assert name in refused(cli, tmp_path, "predict", "model", "a good film")
        (model / name).unlink()
        message = refused(cli, tmp_path, "predict", "model", "a good film")
        assert f"{name}: missing" in message
        (model / name).write_bytes(whole)


def test_odd_texts_are_kept_and_counted(cli: Cli, tmp_path: Path) -> None:
    """An empty text counts as one unknown token; a text of a million words is cut, with one message."""
    rows = [{"text": f"word {number}", "label": str(number % 2)} for number in range(60)]
    rows += [{"text": "   ", "label": "0"}, {"text": "", "label": "1"}, {"text": "long " * 1_000_000, "label": "1"}]
    write(tmp_path, "odd.jsonl", "\n".join(map(json.dumps, rows)))
    done = cli(*RUN, "odd.jsonl", "--json", "--set", "hidden_dim=8", "--set", "max_tokens=16")
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["rows"].values()) == 63
    assert done.stderr.count("2 empty texts") == 1
    assert done.stderr.count("1000000 tokens") == 1
    assert "the first 16 are read (max_tokens)" in done.stderr
