"""File formats: the rows of each format, and errors that name the damaged line."""

import sys

import pandas as pd
import pytest

from textclf.data.files import read_text
from textclf.data.formats import read_frame
from textclf.errors import DataError


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.tsv", "\t"), ("A.CSV", ",")])
def test_separated_values_stay_strings_and_have_their_line_numbers(tmp_path, name, separator):
    rows = [["text", "label"], ["null", "NA"], ["", "007"], ['"two\nlines"', "1.0"], ["last", "nan"]]
    content = "\ufeff" + "\r\n".join(separator.join(row) for row in rows) + "\r\n\r\n"
    frame = read_frame(write(tmp_path, name, content))
    assert frame["text"].tolist() == ["null", "", "two\nlines", "last"]
    assert frame["label"].tolist() == ["NA", "007", "1.0", "nan"]
    assert (frame.index.name, frame.index.tolist()) == ("line", [2, 3, 4, 6])


def test_a_blank_line_is_not_a_row_but_a_quoted_empty_field_is(tmp_path):
    frame = read_frame(write(tmp_path, "a.csv", 'text\nx\n\n""\ny\n'))
    assert list(frame["text"].items()) == [(2, "x"), (4, ""), (5, "y")]


def test_a_field_may_hold_a_million_words(tmp_path):
    frame = read_frame(write(tmp_path, "a.csv", "text,label\n" + "w " * 1_000_000 + ",a\n"))
    assert len(frame["text"].iloc[0]) == 2_000_000


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("label,text\na,x\nb\nc,z\n", 3, "found 1"),
        ("text,label\nx,a\ny,b,c\n", 3, "found 3"),
        ('text,label\n"x\nmore",a\n\ny,b,c\n', 5, "found 3"),
        ('text,label\n"p\nq",a\n"x,a\nz,b\n', 4, "quotation mark"),
        ('text,label\nx,a\n"y" z,b\n', 3, "quotation mark"),
    ],
)
def test_the_error_for_a_damaged_line_has_the_line_number_that_editors_show(tmp_path, content, line, message):
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(DataError) as error:
        read_frame(path)
    assert f"{path}, line {line}: " in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('{"text": "x"}\n\n{"text": }\n', 3),
        ('{"text": "x"}\n[1]\n', 2),
        ("[" * 100_000, 1),
    ],
)
def test_the_error_for_a_damaged_json_line_has_its_number(tmp_path, content, line):
    path = write(tmp_path, "a.jsonl", content)
    with pytest.raises(DataError, match=f"line {line}: not"):
        read_frame(path)


def test_json_lines_keep_the_line_separator_inside_a_string(tmp_path):
    frame = read_frame(write(tmp_path, "a.jsonl", '{"text": "x\u2028y", "label": 1}\n\n{"text": "z", "label": 2}'))
    assert list(frame["text"].items()) == [(1, "x\u2028y"), (3, "z")]


ARRAY = '[{"text": "x\u2028y", "label": 1},\n {"text": "null", "label": "007"}]'


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_json_array_has_one_row_per_object(tmp_path, name):
    frame = read_frame(write(tmp_path, name, ARRAY))
    assert list(frame["text"].items()) == [(1, "x\u2028y"), (2, "null")]
    assert frame["label"].tolist() == [1, "007"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_json_lines_may_have_any_line_ending_and_the_file_suffix_json(tmp_path, end):
    lines = ['{"text": "x", "label": "a"}', "", '{"text": "y", "label": "b"}', ""]
    frame = read_frame(write(tmp_path, "a.json", "\ufeff" + end.join(lines)))
    assert list(frame["text"].items()) == [(1, "x"), (3, "y")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"text": "x"},\n {"text": }]', r"line 2: not JSON \(Expecting value\)"),
        ('[{"text": "x"}, 5]', "row 2: not an object"),
        ('{"text": "x", "text": "y"}', r"line 1: not JSON \(an object has one key twice\)"),
        ('{"text": "x"}\n[]\n', "line 2: not an object"),
        ('"x"', "line 1: not an object"),
        ("[]", "empty"),
    ],
)
def test_the_error_for_damaged_json_has_its_line_or_row_number(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_frame(write(tmp_path, "a.json", content))


def workbook(path, *sheets):
    """Write an Excel file; each sheet is a list of rows."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_cells_of_an_excel_file_are_strings_and_have_their_row_numbers(tmp_path, caplog):
    rows = [[], ["text", " label ", None], ["NA", 5, None], [], [None, 5.0], ["007", 2.5], ["null", True]]
    frame = read_frame(workbook(tmp_path / "a.xlsx", rows))
    assert list(frame.columns) == ["text", "label"]
    assert list(frame["text"].items()) == [(3, "NA"), (5, ""), (6, "007"), (7, "null")]
    assert frame["label"].tolist() == ["5", "5", "2.5", "True"]
    assert frame.index.name == "row"
    assert not caplog.records


def test_the_first_of_several_sheets_is_read_with_a_warning(tmp_path, caplog):
    frame = read_frame(workbook(tmp_path / "a.xlsx", [["text"], ["x"]], [["text"], ["y"]]))
    assert frame["text"].tolist() == ["x"]
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        'read the first sheet, "Sheet 1", of 2'
    ]


def test_damaged_and_empty_excel_files_are_errors(tmp_path):
    whole = workbook(tmp_path / "whole.xlsx", [["text"], ["x"]]).read_bytes()
    for content in (b"", b"text,label", whole[: len(whole) // 2]):
        with pytest.raises(DataError, match=r"cut\.xlsx: not a readable Excel file"):
            read_frame(write(tmp_path, "cut.xlsx", content))
    for rows in ([], [["text", "label"]]):
        with pytest.raises(DataError, match=r"empty\.xlsx: empty"):
            read_frame(workbook(tmp_path / "empty.xlsx", rows))


def test_without_the_excel_extra_the_message_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(DataError, match=r"in a clone of textclf, pip install '\.\[excel\]'"):
        read_frame(write(tmp_path, "a.xlsx", b""))


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_the_error_gives_the_place_of_the_first_byte_that_is_not_utf8(tmp_path, prefix):
    content = prefix + "text,label\nnaïve,a\n".encode() + b"x,a\nca\xe9,b\n"
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(DataError, match=r"line 4: character 3 \(byte 0xe9\) is not UTF-8; .* --encoding"):
        read_text(path, "utf-8")
    with pytest.raises(DataError, match=r"line 4: character 3 \(byte 0xe9\) is not UTF-8"):
        read_text(path)  # a UTF-8 file with one wrong byte is not a Windows-1252 file


def test_a_byte_order_mark_is_not_a_character_of_the_first_line(tmp_path):
    with pytest.raises(DataError, match=r"line 1: character 2 \(byte 0xff\)"):
        read_text(write(tmp_path, "a.txt", b"\xef\xbb\xbfa\xff"))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_an_error(tmp_path, name, content):
    with pytest.raises(DataError, match=f"{name}: empty"):
        read_frame(write(tmp_path, name, content))


def test_a_file_with_only_a_header_is_empty(tmp_path):
    with pytest.raises(DataError, match=r"a\.csv: empty"):
        read_frame(write(tmp_path, "a.csv", "text,label\n"))


def test_a_truncated_or_damaged_parquet_file_is_an_error(tmp_path):
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({"text": [f"text {row}" for row in range(97)], "label": range(97)}).to_parquet(whole)
    assert read_frame(whole).index.tolist()[-1] == 97
    content = whole.read_bytes()
    for cut in (0, 3, len(content) // 2, len(content) - 5):
        with pytest.raises(DataError, match="not a readable Parquet file"):
            read_frame(write(tmp_path, "cut.parquet", content[:cut]))
    scratched = content[:40] + b"\xff" * 200 + content[240:]
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_frame(write(tmp_path, "scratched.parquet", scratched))


def test_a_missing_file_and_an_unknown_suffix_are_errors(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file"):
        read_frame(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"suffix \.xls is unknown; use one of \.csv"):
        read_frame(write(tmp_path, "a.xls", "x"))


def test_a_folder_with_the_name_of_a_file_is_an_error(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match=r"a\.csv: cannot be read"):
        read_frame(tmp_path / "a.csv")
