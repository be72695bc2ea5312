"""Hostile input: endless files, files that run code and false headers are refused at once with one message."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.commands import Cli

RUN = ("run", "--encoder", "none", "--epochs", "1", "--set", "hidden_dim=4", "--set", "embedding_dim=4", "--dataset")


def pipe(path: Path) -> None:
    """Create a FIFO without a writer: a program that opens it waits forever."""
    os.mkfifo(path)


def endless(path: Path) -> None:
    """Create a link to an endless device."""
    path.symlink_to("/dev/zero")


def refused(cli: Cli, *arguments: object) -> str:
    done = cli(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def model(cli: Cli, reviews: Path, tmp_path: Path) -> Path:
    assert cli(*RUN, reviews, "--save", "model").returncode == 0
    return tmp_path / "model"


@pytest.mark.parametrize("make", [pipe, endless])
@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.jsonl", "data.parquet", "data"])
def test_an_endless_dataset_is_refused(cli: Cli, tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    make(tmp_path / name)
    assert f"textclf: {name}: " in refused(cli, *RUN, name)


@pytest.mark.parametrize("make", [pipe, endless])
def test_an_endless_split_is_refused(cli: Cli, tmp_path: Path, reviews: Path, make: Callable[[Path], None]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(reviews, folder / "test.csv")
    make(folder / "train.csv")
    assert "folder/train.csv: cannot be read (a pipe, a device or a folder)" in refused(cli, *RUN, "folder")


@pytest.mark.parametrize("make", [pipe, endless])
def test_endless_word_vectors_are_refused(
    cli: Cli, tmp_path: Path, reviews: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "vectors.txt")
    assert 'vectors: no file "vectors.txt"' in refused(cli, *RUN, reviews, "--vectors", "vectors.txt")


@pytest.mark.parametrize("make", [pipe, endless])
def test_an_endless_experiment_file_is_refused(cli: Cli, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "grid.yaml")
    assert "grid.yaml: not a file" in refused(cli, "experiment", "grid.yaml")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("make", [pipe, endless])
def test_endless_texts_and_model_files_are_refused(cli: Cli, model: Path, make: Callable[[Path], None]) -> None:
    for name in ("texts.csv", "texts.txt"):
        make(model.parent / name)
        message = refused(cli, "predict", model, "--input", name)
        assert f"{name}: cannot be read (a pipe, a device or a folder)" in message
    for name in ("model.json", "model.safetensors", "tokenizer.json"):
        broken = model.parent / f"broken-{name}"
        shutil.copytree(model, broken)
        (broken / name).unlink()
        make(broken / name)
        assert name in refused(cli, "predict", broken, "a good film")


class _Hacked:
    """An object that creates a folder when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("hacked",)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors", "tokenizer.json"])
def test_a_pickle_is_not_run(cli: Cli, model: Path, name: str) -> None:
    (model / name).write_bytes(pickle.dumps(_Hacked()))
    assert name in refused(cli, "predict", model, "a good film")
    assert not (model.parent / "hacked").exists()


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**62) + b"{}",
        struct.pack("<Q", 2**31) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        (lambda header: struct.pack("<Q", len(header)) + header)(
            json.dumps(
                {"linear.weight": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}}
            ).encode()
        ),
        b"",
    ],
    ids=[
        "header of 2**62 bytes",
        "header longer than the file",
        "no weights",
        "weights outside the file",
        "empty",
    ],
)
def test_a_safetensors_header_with_false_sizes_is_refused(cli: Cli, model: Path, content: bytes) -> None:
    (model / "model.safetensors").write_bytes(content)
    assert "model.safetensors" in refused(cli, "predict", model, "a good film")


def test_a_model_that_needs_too_much_memory_is_refused(cli: Cli, model: Path) -> None:
    description = json.loads((model / "model.json").read_text(encoding="utf-8"))
    description["config"] |= {"encoder": "lstm", "pooling": "last", "layers": 256, "hidden_dim": 65_536}
    (model / "model.json").write_text(json.dumps(description), encoding="utf-8")
    refused(cli, "predict", model, "a good film")


def test_yaml_tags_run_nothing(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    tag = "!!python/object/apply:os.mkdir [hacked]"
    (tmp_path / "grid.yaml").write_text(f"datasets: [{reviews}]\nmodels: [{{encoder: {tag}}}]\n", encoding="utf-8")
    assert "grid.yaml, line 2" in refused(cli, "experiment", "grid.yaml")
    assert "not YAML" in refused(cli, *RUN, reviews, "--set", f"epochs={tag}")
    assert not (tmp_path / "hacked").exists()


def test_a_link_is_followed_and_a_broken_link_is_refused(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    (tmp_path / "link.csv").symlink_to(reviews)
    (tmp_path / "nowhere.csv").symlink_to("nothere.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    assert cli("run", "--encoder", "majority", "--dataset", "link.csv").returncode == 0
    for name in ("nowhere.csv", "loop.csv"):
        assert f"{name}: no such file" in refused(cli, *RUN, name)


def test_a_byte_order_mark_is_not_part_of_the_first_key_or_column(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    (tmp_path / "mark.csv").write_text(reviews.read_text(encoding="utf-8"), encoding="utf-8-sig")
    (tmp_path / "grid.yaml").write_text("datasets: [mark.csv]\nmodels: [{encoder: majority}]\n", encoding="utf-8-sig")
    done = cli("experiment", "grid.yaml", "--jobs", 1)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--seed", 99999999999999999999999),
            "seed: input should be less than 2147483648, not 99999999999999999999999",
        ),
        (("--set", "hidden_dim=1000000000"), "hidden_dim: input should be less than or equal to 65536"),
        (("--encoder", "cnn", "--set", "windows=[1000000]"), "windows.0: input should be less than or equal to 1000"),
        (("--set", f"vocabulary_size={10**24}"), "vocabulary_size: input should be less than or equal to 10000000"),
        (("--encoder", "lstm", "--set", "hidden_dim=65536", "--set", "layers=256"), "GB of memory"),
        (("--set", "epochs=1", "--set", "epochs=2"), "--set epochs: given twice"),
        (("--set", "epochs={a: 1, a: 2}"), 'the key "a" is given twice'),
        (("--set", "epochs=" + "[" * 5000), "nested more than 50 deep"),
        (("--set", "epochs=" + "9" * 5000), "--set epochs=999"),
        (("--set", "epochs=1:30"), "epochs: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_invalid_settings_are_refused_in_one_line(
    cli: Cli, reviews: Path, arguments: tuple[object, ...], expected: str
) -> None:
    encoder = () if "--encoder" in arguments else ("--encoder", "none")
    message = refused(cli, "run", "--dataset", reviews, *encoder, *arguments)
    assert expected in message
    assert len(message.splitlines()) == 1
