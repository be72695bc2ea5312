"""Files as text: encodings, gzip, standard input, and their remarks and errors."""

import gzip
import io
import logging
import sys
from pathlib import Path

import pytest

from textclf.data import files
from textclf.data.files import FileOptions, read_text, suffix_of
from textclf.data.formats import read_frame
from textclf.errors import ConfigurationError, DataError

CSV = "text,label\nnaïve “quotes” – €5,a\nx,b\n"
CODECS = {  # the remark for each codec
    "utf-8": None,
    "utf-8-sig": None,
    "utf-16": "as UTF-16",
    "utf-16-le": "as UTF-16",
    "utf-16-be": "as UTF-16",
    "utf-32": "as UTF-32",
    "cp1252": "as Windows-1252",
}


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize(("codec", "remark"), CODECS.items())
def test_an_encoding_is_detected_and_reported_once_if_it_is_not_utf8(tmp_path, caplog, codec, remark):
    path = write(tmp_path, "a.csv", CSV.encode(codec))
    frame = read_frame(path)
    assert frame["text"].tolist() == ["naïve “quotes” – €5", "x"]
    assert list(frame.columns) == ["text", "label"]
    assert [record.getMessage() for record in caplog.records] == ([f"{path}: read {remark}"] if remark else [])


def test_a_given_encoding_overrides_the_detected_one_without_a_remark(tmp_path, caplog):
    path = write(tmp_path, "a.csv", "text,label\nпривет,a\n".encode("cp1251"))
    assert read_frame(path)["text"].tolist() == ["ïðèâåò"]
    assert "read as Windows-1252" in caplog.records.pop().getMessage()
    caplog.clear()
    assert read_frame(path, FileOptions(encoding="windows-1251"))["text"].tolist() == ["привет"]
    assert not caplog.records


def test_one_byte_of_another_encoding_does_not_turn_a_file_into_windows_1252(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\nnaïve,a\ncafé,b\n".encode() + b"caf\xe9,b\n")
    with pytest.raises(DataError, match=r"line 4: character 4 \(byte 0xe9\) is not UTF-8;.*--encoding"):
        read_text(path)


def test_the_error_for_a_byte_outside_windows_1252_names_the_line(tmp_path):
    path = write(tmp_path, "a.csv", b"text,label\nna\xefve,a\r\nno \x81,b\n")
    with pytest.raises(DataError, match=r"line 3: character 4 \(byte 0x81\) is not UTF-8 or Windows-1252"):
        read_text(path)


def test_the_error_for_a_byte_outside_a_named_encoding_names_the_line(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\nnaïve,a\n")
    with pytest.raises(DataError, match=r"line 2: character 3 \(byte 0xc3\) is not ascii"):
        read_text(path, "ascii")
    with pytest.raises(DataError, match="is not UTF-16"):
        read_text(write(tmp_path, "b.csv", "text,label\nx,a\n".encode("utf-16")[:-1]))


@pytest.mark.parametrize("encoding", ["utf8x", "rot13", "hex", "", "a\0b"])
def test_an_unknown_encoding_is_refused(encoding):
    with pytest.raises(ConfigurationError, match="encoding: there is no"):
        FileOptions(encoding=encoding)


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n", "\0"])
def test_an_impossible_delimiter_is_refused(delimiter):
    with pytest.raises(ConfigurationError, match=r"delimiter: .* cannot separate fields"):
        FileOptions(delimiter=delimiter)


@pytest.mark.parametrize(
    ("delimiter", "separator"), [("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("Comma", ","), ("|", "|")]
)
def test_a_delimiter_is_a_character_or_its_name(delimiter, separator):
    assert FileOptions(delimiter=delimiter).separator == separator


def test_nul_characters_are_removed_and_counted_once(tmp_path, caplog):
    frame = read_frame(write(tmp_path, "a.csv", b"text,label\nx\0y\0,a\nz,b\n\0"))
    assert frame["text"].tolist() == ["xy", "z"]
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["3 NUL characters removed"]


def test_byte_order_marks_of_joined_files_are_removed_and_others_stay(tmp_path):
    frame = read_frame(write(tmp_path, "a.csv", "\ufefftext,label\nx\ufeffy,a\n\ufeffz,b\n"))
    assert frame["text"].tolist() == ["x\ufeffy", "z"]


@pytest.mark.parametrize("name", ["a.csv.gz", "A.CSV.GZ", "a.csv"])
def test_a_gzip_file_is_uncompressed_whatever_its_name(tmp_path, name):
    assert read_frame(write(tmp_path, name, gzip.compress(CSV.encode())))["label"].tolist() == ["a", "b"]


@pytest.mark.parametrize("damage", [lambda whole: whole[:-10], lambda whole: whole[:2], lambda whole: b"text" + whole])
def test_a_damaged_gzip_file_is_an_error(tmp_path, damage):
    with pytest.raises(DataError, match=r"a\.csv\.gz: not a whole gzip file"):
        read_frame(write(tmp_path, "a.csv.gz", damage(gzip.compress(CSV.encode()))))


def test_a_gzip_file_that_expands_more_than_text_does_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ALWAYS_ALLOWED_BYTES", 100_000)
    content = CSV + "a" * 200_000 + ",b\n"
    assert len(gzip.compress(content.encode())) * files.LARGEST_EXPANSION < len(content)
    with pytest.raises(DataError, match=r"a\.csv\.gz: uncompressed, it has more than 100,000 bytes"):
        read_frame(write(tmp_path, "a.csv.gz", gzip.compress(content.encode())))
    monkeypatch.setattr(files, "ALWAYS_ALLOWED_BYTES", len(content.encode()))
    assert len(read_frame(tmp_path / "a.csv.gz")) == 3


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.csv", ".csv"), ("a.b.CSV.gz", ".csv.gz"), ("a.gz", None), ("csv", None), ("a.xlsx", ".xlsx")],
)
def test_the_longest_known_suffix_is_used(name, suffix):
    assert suffix_of(name) == suffix


@pytest.mark.parametrize(
    "content",
    [
        "\n  text,label\nx,a\ny,b\n",
        "text;label\nx;a\ny;b\n",
        '\n{"text": "x", "label": "a"}\n{"text": "y", "label": "b"}\n',
        ' [{"text": "x", "label": "a"}, {"text": "y", "label": "b"}]',
    ],
)
def test_standard_input_is_detected_by_its_first_character(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    frame = read_frame(Path("-"))
    assert (frame["text"].tolist(), frame["label"].tolist()) == (["x", "y"], ["a", "b"])


def test_errors_name_standard_input(monkeypatch):
    for content, message in (("", "standard input: empty"), ("text,label\nx\n", "standard input, line 2: expected 2")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        with pytest.raises(DataError, match=message):
            read_frame(Path("-"))


@pytest.fixture(autouse=True)
def _warnings(caplog):
    caplog.set_level(logging.WARNING, "textclf")
