"""Reading files into examples and folders into splits."""

import json
import logging

import numpy as np
import pandas as pd
import pytest
from helpers.defaults import column_names

from textclf.data.reader import read_examples, read_folder, read_unlabelled
from textclf.errors import ConfigurationError, DataError

ROWS = {
    "text": ["null", "b  c", "NA"],
    "label": ["1", "0", "1"],
    "text_pair": ["p", "q", "r"],
    "group": ["7", "7", "8"],
}
UNLABELLED = column_names(label=None)


def write_rows(path):
    if path.suffix == ".parquet":
        pd.DataFrame(ROWS).to_parquet(path)
    elif path.suffix == ".jsonl":
        lines = [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    else:
        separator = "," if path.suffix == ".csv" else "\t"
        lines = [ROWS.keys(), *zip(*ROWS.values(), strict=True)]
        path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_format_gives_the_same_examples(tmp_path, suffix):
    examples = read_examples(write_rows(tmp_path / f"a{suffix}"), column_names())
    assert [examples.texts, examples.labels, examples.pairs, examples.groups] == list(ROWS.values())
    assert examples.ids.dtype == np.int64
    assert examples.ids.tolist() == [0, 1, 2]


def test_columns_may_have_other_names(tmp_path):
    path = write_rows(tmp_path / "a.csv")
    examples = read_examples(path, column_names(text=("text_pair",), label="group", pair="text"))
    assert (examples.texts, examples.labels, examples.pairs) == (["p", "q", "r"], ["7", "7", "8"], ROWS["text"])
    assert examples.groups is None  # the column is the label


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            column_names(text=("txet",)),
            'no column "txet"; it has: text, label, text_pair, group. Name yours with --text-column, or with text_',
        ),
        (column_names(label="class"), "Name yours with --label-column"),
        (column_names(pair="second"), "Name yours with --pair-column"),
        (column_names(text=("",)), 'no column ""'),
        (column_names(label=""), 'no column ""'),
        (column_names(pair=""), 'no column ""'),
    ],
)
def test_the_error_names_the_missing_column_the_existing_columns_and_the_option(tmp_path, columns, message):
    with pytest.raises(DataError) as error:
        read_examples(write_rows(tmp_path / "a.csv"), columns)
    assert message in str(error.value)


def test_several_text_columns_are_joined_by_a_space(tmp_path):
    (tmp_path / "a.csv").write_text("subject,body,label\nhello,you there,a\n,only body,b\nend,,a\n")
    examples = read_examples(tmp_path / "a.csv", column_names(text=("subject", "body")))
    assert examples.texts == ["hello you there", " only body", "end "]
    assert read_examples(tmp_path / "a.csv", column_names(text=("body", "subject"))).texts[0] == "you there hello"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pair": "text"}, 'pair_column: "text" is already used as text_column'),
        ({"text": ("label",)}, 'label_column: "label" is already used as text_column'),
        ({"label": "stars", "pair": "stars"}, 'pair_column: "stars" is already used as label_column'),
        ({"text": ("text", "text")}, 'text_column: "text" is already used as text_column'),
    ],
)
def test_one_column_for_two_purposes_is_refused(columns, message):
    with pytest.raises(ConfigurationError, match=message):
        column_names(**columns)


def test_a_pair_or_group_column_with_another_purpose_is_not_read_twice(tmp_path):
    path = write_rows(tmp_path / "a.csv")
    examples = read_examples(path, column_names(text=("text_pair",), label="group"))
    assert (examples.pairs, examples.groups) == (None, None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "x", "label": ["a"]}', '"label" is a list'),
        ('{"text": {"en": "x"}, "label": "a"}', '"text" is an object'),
        ('{"text": "x", "label": "a", "text_pair": []}', '"text_pair" is a list'),
        ('{"text": "x", "label": "a", "group": {}}', '"group" is an object'),
    ],
)
def test_the_error_names_the_line_of_a_list_or_object(tmp_path, row, message):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": "a", "text_pair": "x", "group": "1"}\n\n' + row)
    with pytest.raises(DataError) as error:
        read_examples(tmp_path / "a.jsonl", column_names())
    assert f"a.jsonl, line 3: {message}; write it as a string" in str(error.value)


def test_the_error_names_the_row_of_a_list_bytes_or_an_object_in_parquet(tmp_path):
    for value, kind in ((["a", "b"], "a list"), (b"a", "bytes"), ({"a": 1}, "an object")):
        pd.DataFrame({"text": ["x", "y"], "label": [None, value]}).to_parquet(tmp_path / "a.parquet")
        with pytest.raises(DataError, match=f'row 2: "label" is {kind}'):
            read_examples(tmp_path / "a.parquet", column_names())


def test_columns_that_are_not_read_may_hold_anything(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": "a", "tags": ["b"], "more": {"c": 1}}\n')
    assert read_examples(tmp_path / "a.jsonl", column_names()).texts == ["x"]


def test_nul_characters_in_json_are_removed_with_one_warning(tmp_path, caplog):
    (tmp_path / "a.jsonl").write_text('{"text": "x\\u0000y", "label": "a\\u0000"}\n{"text": "z", "label": "b"}\n')
    examples = read_examples(tmp_path / "a.jsonl", column_names())
    assert (examples.texts, examples.labels) == (["xy", "z"], ["a", "b"])
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["2 NUL characters removed"]


def test_two_columns_with_the_same_name_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,text,label\nx,y,a\n")
    with pytest.raises(DataError, match='2 columns are called "text"'):
        read_examples(tmp_path / "a.csv", column_names())


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("a.csv", 'text,label\n"x\ny",a\nz,\nw,  \n', 'line 4: no label in column "label" (2 such rows)'),
        ("a.jsonl", '{"text":"x","label":"a"}\n\n{"text":"y"}\n', "line 3: no label"),
        ("b.jsonl", '{"text":"x","label":"a"}\n{"text":"y","label":null}\n', "line 2: no label"),
    ],
)
def test_the_error_names_the_line_of_a_missing_label(tmp_path, name, content, where):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError) as error:
        read_examples(tmp_path / name, column_names())
    assert where in str(error.value)


def test_the_error_names_the_row_of_a_missing_label_in_parquet(tmp_path):
    pd.DataFrame({"text": ["x", "y", "z"], "label": ["a", "b", None]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="row 3: no label"):
        read_examples(tmp_path / "a.parquet", column_names())


def test_numbers_become_strings(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": 0}\n{"text": 12, "label": "0"}\n')
    examples = read_examples(tmp_path / "a.jsonl", column_names())
    assert (examples.texts, examples.labels) == (["x", "12"], ["0", "0"])


def test_empty_texts_are_kept_with_one_warning(tmp_path, caplog):
    (tmp_path / "a.csv").write_text("text,label\n,a\n   ,b\nx,a\n")
    with caplog.at_level(logging.WARNING, "textclf"):
        examples = read_examples(tmp_path / "a.csv", column_names())
    assert examples.texts == ["", "   ", "x"]
    assert [record.getMessage().partition(": ")[2][:13] for record in caplog.records] == ["2 empty texts"]


def test_a_folder_holds_train_and_test_and_optionally_validation(tmp_path):
    for name in ("train.csv", "test.parquet"):
        write_rows(tmp_path / name)
    assert list(read_folder(tmp_path, column_names())) == ["train", "test"]
    write_rows(tmp_path / "validation.jsonl")
    assert list(read_folder(tmp_path, column_names())) == ["train", "validation", "test"]


@pytest.mark.parametrize(
    ("names", "has"), [([], "none of them"), (["train.csv"], "it has train.csv"), (["test.csv"], "it has test.csv")]
)
def test_a_folder_without_train_or_test_is_refused(tmp_path, names, has):
    for name in names:
        write_rows(tmp_path / name)
    with pytest.raises(DataError, match=has):
        read_folder(tmp_path, column_names())


def test_a_folder_with_two_files_of_one_name_is_refused(tmp_path):
    for name in ("all.csv", "all.tsv"):
        write_rows(tmp_path / name)
    with pytest.raises(DataError, match=r"all\.csv and all\.tsv are both there"):
        read_folder(tmp_path, column_names())


@pytest.mark.parametrize("split", ["train.csv", "test.csv", "validation.jsonl"])
def test_a_folder_with_all_and_a_split_is_refused(tmp_path, split):
    for name in ("all.csv", split):
        write_rows(tmp_path / name)
    with pytest.raises(DataError, match=f"has all.csv, {split}; keep either all"):
        read_folder(tmp_path, column_names())


@pytest.mark.parametrize("name", ["dev.csv", "val.tsv", "valid.jsonl"])
def test_a_validation_file_of_another_name_is_ignored_with_one_warning(tmp_path, caplog, name):
    for file in ("train.csv", "test.csv", name):
        write_rows(tmp_path / file)
    assert list(read_folder(tmp_path, column_names())) == ["train", "test"]
    (record,) = caplog.records
    assert record.getMessage() == f"{tmp_path / name}: not read; the split for validation is called validation"


def test_texts_to_classify_are_in_a_column_or_in_lines(tmp_path):
    assert read_unlabelled(write_rows(tmp_path / "a.tsv"), UNLABELLED).texts == ROWS["text"]
    pairs = read_unlabelled(write_rows(tmp_path / "a.jsonl"), column_names(text=("text_pair",), label=None)).texts
    assert pairs == ROWS["text_pair"]
    (tmp_path / "a.txt").write_bytes("\ufeffone\u2028still one\r\n\nthree\x0b\rfour".encode())
    assert read_unlabelled(tmp_path / "a.txt", UNLABELLED).texts == ["one\u2028still one", "", "three\x0b", "four"]


def test_missing_texts_to_classify_are_an_error(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match=r"empty\.txt: empty"):
        read_unlabelled(tmp_path / "empty.txt", UNLABELLED)
    with pytest.raises(DataError, match="no such file"):
        read_unlabelled(tmp_path / "none.csv", UNLABELLED)
    with pytest.raises(DataError, match="--text-column"):
        read_unlabelled(write_rows(tmp_path / "a.csv"), column_names(text=("body",), label=None))
