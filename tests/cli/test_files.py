"""Users' files through the command line: detected formats, the options that override them, and refused files."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.commands import Cli

from textclf.experiment.preparation import prepare
from textclf.experiment.spec import read_experiment

RUN = ("run", "--encoder", "tfidf", "--json", "--dataset")
WORDS = ["naïve", "dull", "quiet", "loud", "early", "late"]


def rows(separator: str = ",", header: str = "text,label") -> str:
    """Return 60 texts of two classes; one word decides the class."""
    lines = [header.replace(",", separator)]
    for number in range(30):
        lines += [
            f"good {WORDS[number % 6]} film {number}{separator}pos",
            f"bad {WORDS[number % 5]} film {number}{separator}neg",
        ]
    return "\n".join(lines) + "\n"


def standard_input(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))


def output_of(result: subprocess.CompletedProcess[str]) -> Any:
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refused(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    return result.stderr


def test_the_detected_format_is_printed_once_and_the_data_are_the_same(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text(rows(), encoding="utf-8")
    (tmp_path / "excel.csv").write_bytes(rows(";").encode("cp1252"))
    (tmp_path / "packed.tsv.gz").write_bytes(gzip.compress(rows("\t").encode("utf-16")))
    plain, excel, packed = (cli(*RUN, name) for name in ("plain.csv", "excel.csv", "packed.tsv.gz"))
    assert "read" not in plain.stderr
    assert excel.stderr.count("excel.csv: read as Windows-1252, separated by semicolons\n") == 1
    assert packed.stderr.count("packed.tsv.gz: read as UTF-16\n") == 1
    hashes = {output_of(result)["provenance"]["data_sha256"] for result in (plain, excel, packed)}
    assert len(hashes) == 1


def test_flags_and_settings_override_the_detected_format(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(rows("|").encode("cp1251", errors="replace"))
    by_flag = cli(*RUN, "a.csv", "--delimiter", "|", "--encoding", "cp1251")
    by_key = cli(*RUN, "a.csv", "--set", "delimiter='|'", "--set", "encoding=cp1251")
    assert "read" not in by_flag.stderr
    config = output_of(by_flag)["config"]
    assert config == output_of(by_key)["config"]
    assert (config["delimiter"], config["encoding"]) == ("|", "cp1251")


def test_text_columns_are_joined_in_run_experiment_and_predict(cli: Cli, tmp_path: Path) -> None:
    content = "\n".join(f"{line.partition(' ')[0]},{line.partition(' ')[2]}" for line in rows().splitlines()[1:])
    (tmp_path / "mail.csv").write_text(f"subject,body,label\n{content}\n", encoding="utf-8")
    (tmp_path / "text.csv").write_text(rows(), encoding="utf-8")
    columns = ("--text-column", "subject", "--text-column", "body")
    joined = output_of(cli(*RUN, "mail.csv", *columns, "--save", "model"))
    whole = output_of(cli(*RUN, "text.csv"))
    assert joined["provenance"]["data_sha256"] == whole["provenance"]["data_sha256"]
    assert joined["config"]["text_column"] == ["subject", "body"]
    assert output_of(cli(*RUN, "text.csv", "--text-column", "text"))["fingerprint"] == whole["fingerprint"]

    predicted = cli("predict", "model", "--input", "mail.csv", *columns, "--json")
    assert [row["text"] for row in output_of(predicted)[:2]] == ["good naïve film 0", "bad naïve film 0"]

    grid = "datasets: [{name: mail.csv, text_column: [subject, body]}]\nmodels: [{encoder: tfidf}]\n"
    (tmp_path / "grid.yaml").write_text(grid, encoding="utf-8")
    (planned,) = read_experiment("grid.yaml").runs
    assert planned.config.fingerprint(prepare(planned.config).sha256) == joined["fingerprint"]


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_standard_input_is_read_once_by_run_and_predict(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    table = [dict(zip(("text", "label"), line.split(","), strict=True)) for line in rows().splitlines()[1:]]
    content = rows(";") if name == "a.csv" else json.dumps(table)
    standard_input(monkeypatch, content)
    ran = cli(*RUN, "-", "--save", "model")
    (tmp_path / name).write_text(content, encoding="utf-8")
    from_file = output_of(cli(*RUN, name))
    row = output_of(ran)
    assert row["dataset"] == "standard-input"
    assert row["provenance"]["data_sha256"] == from_file["provenance"]["data_sha256"]
    assert ran.stderr.count("standard input: read separated by semicolons") == (name == "a.csv")

    standard_input(monkeypatch, content)
    predicted = cli("predict", "model", "--input", "-", "--json")
    assert output_of(predicted) == output_of(cli("predict", "model", "--input", name, "--json"))


def test_a_model_of_pairs_reads_both_columns_of_standard_input(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "text,text_pair,label\n" + "".join(f"a {WORDS[n % 6]} {n},b {n},{'xy'[n % 2]}\n" for n in range(40))
    (tmp_path / "pairs.csv").write_text(content, encoding="utf-8")
    output_of(cli(*RUN, "pairs.csv", "--save", "model"))
    standard_input(monkeypatch, content)
    predicted = output_of(cli("predict", "model", "--input", "-", "--json"))
    assert [(row["text"], row["text_pair"]) for row in predicted[:2]] == [("a naïve 0", "b 0"), ("a dull 1", "b 1")]
    (tmp_path / "lines.txt").write_text("one\ntwo\n", encoding="utf-8")
    message = refused(cli("predict", "model", "--input", "lines.txt"))
    assert "this model reads pairs of texts; lines.txt has one text a line" in message


def test_an_experiment_cannot_read_standard_input(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("datasets: ['-']\nmodels: [{encoder: tfidf}]\n", encoding="utf-8")
    message = refused(cli("experiment", "grid.yaml"))
    assert message == "textclf: grid.yaml: datasets[0]: - is standard input, which only one run can read; give a file\n"
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("option", [("--delimiter", ";"), ("--encoding", "utf-8")])
def test_file_options_without_a_file_are_refused(cli: Cli, option: tuple[str, str]) -> None:
    assert "are for the file of --input" in refused(cli("predict", "model", "a text", *option))


def test_several_processes_cannot_read_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    assert "dataset: - is standard input, which only one process can read" in refused(cli(*RUN, "-"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pair-column", "text"), 'pair_column: "text" is already used as text_column'),
        (("--text-column", "label"), 'label_column: "label" is already used as text_column'),
        (("--text-column", "text", "--text-column", "text"), 'text_column: "text" is already used as text_column'),
        (("--set", "text_column=[]"), "text_column: expected the name of a column or a list of names, not []"),
        (("--set", "text_column=[text, 5]"), "text_column: expected the name of a column or a list of names"),
        (("--delimiter", "ab"), "delimiter: 'ab' cannot separate fields"),
        (("--encoding", "utf9"), "encoding: there is no 'utf9'"),
        (("--encoding", "ascii"), "a.csv, line 2: character 8 (byte 0xc3) is not ascii"),
        (("--delimiter", ";"), 'no column "text"; it has: text,label'),
    ],
)
def test_invalid_options_are_refused(cli: Cli, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "a.csv").write_text(rows(), encoding="utf-8")
    assert message in refused(cli(*RUN, "a.csv", *arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "x", "label": ["a"]}\n', 'a.jsonl, line 1: "label" is a list'),
        ("a.csv", b"text,label\nno \x81,b\n", "a.csv, line 2: character 4 (byte 0x81) is not UTF-8 or Windows-1252"),
        ("a.csv", 'text,label\n"x",a\n"y" z,b\n', "a.csv, line 3: a quotation mark is not closed"),
        ("a.csv.gz", b"\x1f\x8bnothing", "a.csv.gz: not a whole gzip file"),
    ],
)
def test_files_that_cannot_be_read_are_refused(
    cli: Cli, tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refused(cli(*RUN, name))


def test_an_excel_file_gives_the_same_run(cli: Cli, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in rows().splitlines():
        book.active.append(line.split(","))
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_text(rows(), encoding="utf-8")
    excel, plain = output_of(cli(*RUN, "a.xlsx")), output_of(cli(*RUN, "a.csv"))
    assert excel["provenance"]["data_sha256"] == plain["provenance"]["data_sha256"]
    assert excel["metrics"] == plain["metrics"]
