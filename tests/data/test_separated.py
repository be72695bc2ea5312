"""Separated values: detected separators and quoting, and errors that name the line."""

import logging

import pytest
from helpers.defaults import column_names

from textclf.data.files import FileOptions
from textclf.data.formats import read_frame
from textclf.data.reader import read_examples
from textclf.errors import ConfigurationError, DataError


@pytest.fixture
def read(tmp_path, caplog):
    """A function that reads a file with the given content and returns its rows and the warnings."""

    def texts(content, delimiter=None, name="a.csv"):
        caplog.clear()
        path = tmp_path / name
        path.write_bytes(content.encode())
        with caplog.at_level(logging.WARNING, "textclf"):
            frame = read_frame(path, FileOptions(delimiter))
        remarks = [record.getMessage().removeprefix(f"{path}: read ") for record in caplog.records]
        return list(zip(frame["text"], frame["label"], strict=True)), remarks

    return texts


ROWS = [("x", "a"), ("y", "b")]


@pytest.mark.parametrize(
    ("separator", "remarks"), [(",", []), (";", ["separated by semicolons"]), ("\t", ["separated by tabs"])]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_detected_and_reported(read, separator, remarks, end):
    content = end.join(["text|label", "x|a", "", "y|b", ""]).replace("|", separator)
    assert read(content) == (ROWS, remarks)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("text;label\na, b, c;x\nd, e;y\n", [("a, b, c", "x"), ("d, e", "y")]),
        ("text,label\na; b; c,x\nd; e,y\n", [("a; b; c", "x"), ("d; e", "y")]),
        ("text\tlabel\na, b; c\tx\n", [("a, b; c", "x")]),
        ('text;label\n"a; ""b""\nc, d";x\n', [('a; "b"\nc, d', "x")]),
        ('"text";"label"\n"a";"x"\n', [("a", "x")]),
        ('"text","la\nbel","label"\n"a;b",1,"x;y"\n', [("a;b", "x;y")]),
        ("id;text;label\n1;a,b;x\n2;c,d;y\n", [("a,b", "x"), ("c,d", "y")]),
        (" text , label \na,x\n", [("a", "x")]),
        ("text,label,\na,x,\n", [("a", "x")]),
    ],
)
def test_other_separators_and_line_breaks_inside_fields_are_part_of_the_fields(read, content, rows):
    assert read(content)[0] == rows


def test_a_given_delimiter_overrides_the_detected_one_without_a_remark(read):
    assert read("text;label\nx;a\ny;b\n", ";") == (ROWS, [])
    assert read("text|label\nx|a\ny|b\n", "|") == (ROWS, [])
    assert read("text,label\nx,a\ny,b\n", "comma", "a.tsv") == (ROWS, [])
    with pytest.raises(DataError, match=r"line 2: expected 1 field separated by '\|', as on the first line, found 2"):
        read("text,label\nx|y,a\n", "|")


def test_a_tsv_file_is_always_separated_by_tabs(read):
    assert read("text\tlabel\nx\ta\ny\tb\n", name="a.tsv") == (ROWS, [])
    with pytest.raises(KeyError):
        read("text,label\nx,a\n", name="a.tsv")


def test_the_separator_line_that_excel_writes_is_read(read):
    assert read("sep=;\r\ntext;label\r\nx;a\r\ny;b\r\n") == (ROWS, [])
    assert read("sep=,\ntext;label\nx;a\ny;b\n", ";") == (ROWS, [])
    assert read('"sep=|"\ntext|label\nx|a\ny|b\n') == (ROWS, [])
    with pytest.raises(DataError, match="line 3: expected 2 fields separated by semicolons"):
        read("sep=;\ntext;label\nx\n")


def test_the_error_of_a_ragged_line_names_the_separator_and_the_options(read):
    with pytest.raises(DataError) as error:
        read("text;label\nx;a\ny, z\n")
    message = str(error.value)
    assert "line 3: expected 2 fields separated by semicolons, as on the first line, found 1" in message
    assert "--delimiter" in message
    assert "--encoding" in message


def test_quotation_marks_after_a_backslash_are_read_and_reported(read):
    rows, remarks = read('text,label\n"he said \\"hi\\", twice",a\n"C:\\\\new \\x",b\n')
    assert rows == [('he said "hi", twice', "a"), ("C:\\new \\x", "b")]
    assert remarks == ['with \\" for a quotation mark']


def test_backslashes_that_escape_no_quotation_mark_are_kept(read):
    assert read('text,label\n"C:\\\\new",a\n"y ""z""",b\n') == ([("C:\\\\new", "a"), ('y "z"', "b")], [])


def test_quotation_marks_are_plain_characters_in_a_tab_separated_file_without_quoted_fields(read):
    content = 'text\tlabel\n"hi" he said\ta\n5" wide\tb\n"open\ta\n'
    rows = [('"hi" he said', "a"), ('5" wide', "b"), ('"open', "a")]
    assert read(content, name="a.tsv") == (rows, ["with quotation marks as plain characters"])
    assert read(content) == (rows, ["separated by tabs, with quotation marks as plain characters"])
    with pytest.raises(DataError, match="line 2: a quotation mark"):
        read(content.replace("\t", ","))
    with pytest.raises(DataError, match="line 2: a quotation mark"):
        read(content + '"quoted"\tb\n', name="a.tsv")


def test_a_repeated_header_is_refused(read):
    with pytest.raises(DataError, match="line 4: the same as the first line, which names the columns"):
        read("text,label\nx,a\n\ntext,label\ny,b\n")


def test_the_error_of_a_file_with_one_column_names_the_option(tmp_path):
    for content, columns in (("text\nhello\n", "text"), ("text|label\nx|a\n", r"text\|label")):
        (tmp_path / "a.csv").write_text(content)
        with pytest.raises(DataError, match=f"it has: {columns}. Name yours .* the separator with --delimiter"):
            read_examples(tmp_path / "a.csv", column_names())


def test_the_error_for_a_wrong_quotation_mark_in_a_file_with_quoted_fields_names_the_line(read):
    for content, line in (('text,label\n"x",a\n"y" z,b\n', 3), ('text,label\n"x, y",a\n"z,b\n', 3)):
        with pytest.raises(DataError, match=f"line {line}: a quotation mark is not closed, or .* --delimiter"):
            read(content)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.xlsx"])
def test_a_delimiter_is_refused_for_a_format_without_delimiters(read, name):
    with pytest.raises(ConfigurationError, match=r"delimiter: ';', but the format of .* has none"):
        read('{"text": "x", "label": "a"}\n', ";", name)
