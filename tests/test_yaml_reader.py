"""YAML: plain data without duplicate keys; endless or too large documents are refused while they are read."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from textclf.errors import ConfigurationError
from textclf.yaml_reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml

LETTERS = "abcdefghijklmnop"


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(text, "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "line", ["{new}: &{new} [{old}]\n", "{new}: &{new} {{k: [{old}]}}\n", "{new}: &{new} {{<<: [{old}]}}\n"]
)
def test_an_alias_bomb_is_refused_before_it_is_expanded(line: str) -> None:
    bomb = "a: &a {key: x}\n" + "".join(
        line.format(new=new, old=", ".join([f"*{old}"] * 10)) for old, new in pairwise(LETTERS)
    )
    assert f"more than {MAX_NODES:,} values after the aliases (*) are expanded" in refusal(bomb)


def test_a_chain_of_aliases_counts_as_its_expansion() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 1000))
    assert "more than" in refusal(chain)


def test_an_alias_inside_itself_is_refused() -> None:
    assert refusal("&a [*a]") == "f.yaml, line 1, column 5: *a is used inside itself"


def test_anchors_and_merge_keys_are_read() -> None:
    text = "plain: &plain {x: 1, y: 2}\nmore: {<<: *plain, x: 3}\nboth: {<<: [*plain, {z: 4}]}\nsame: *plain\n"
    plain = {"x": 1, "y": 2}
    expected = {"plain": plain, "more": {"x": 3, "y": 2}, "both": plain | {"z": 4}, "same": plain}
    assert parse_yaml(text, "f.yaml") == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: 2\na: 3", 'line 3, column 1: the key "a" is given twice, first on line 1'),
        ("a:\n  b: 1\n  'b': 1", 'line 3, column 3: the key "b" is given twice, first on line 2'),
        ("x: &x {a: 1}\ny: {<<: *x, b: 1, b: 2}", 'line 2, column 19: the key "b" is given twice'),
    ],
)
def test_a_repeated_key_is_refused_with_its_place(text: str, place: str) -> None:
    assert place in refusal(text)


def test_deep_nesting_is_refused() -> None:
    assert f"nested more than {MAX_DEPTH} deep" in refusal("[" * 10_000)
    assert f"nested more than {MAX_DEPTH} deep" in refusal("{a: " * 10_000)
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f.yaml")


def test_the_number_of_values_is_bounded() -> None:
    assert "more than" in refusal("[" + "1," * MAX_NODES + "]")
    assert len(parse_yaml("[" + "1," * (MAX_NODES - 1) + "]", "f.yaml")) == MAX_NODES - 1


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.mkdir [hacked]",
        "!!python/name:os.system",
        "!!python/module:os",
        "!own {a: 1}",
        "!!int a",
    ],
)
def test_tags_create_no_object(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "not YAML" in refusal(f"a: {tag}")
    assert list(tmp_path.iterdir()) == []


def test_words_are_strings_and_numbers_are_decimal() -> None:
    text = "[no, yes, on, 1:30, 0x10, 2024-01-01, 1_000, 010, +5, 1e3, 1.5e-3, true, False, null, ~, '']"
    words = ["no", "yes", "on", "1:30", "0x10", "2024-01-01", "1_000"]
    assert parse_yaml(text, "f.yaml") == [*words, 10, 5, 1000.0, 0.0015, True, False, None, None, ""]
    low, high, nothing = parse_yaml("[-.inf, .inf, .nan]", "f.yaml")
    assert (low, high) == (-math.inf, math.inf)
    assert math.isnan(nothing)
    assert parse_yaml("{1: a, no: b, null: c}", "f.yaml") == {"1": "a", "no": "b", "null": "c"}


@pytest.mark.parametrize(
    "text", ["9" * 5000, "!!timestamp 2024-13-45", "a\0b", "? [a]\n: b", "*a", "a: b: c", "a: 1\n---\nb: 2"]
)
def test_the_message_about_invalid_yaml_is_one_line(text: str) -> None:
    message = refusal(text)
    assert message.startswith("f.yaml")
    assert "\n" not in message


def test_a_file_that_is_not_utf8_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a: é", encoding="utf-8-sig")
    assert read_yaml(path) == {"a": "é"}
    path.write_text("a: é", encoding="utf-16")
    with pytest.raises(ConfigurationError, match=r"f\.yaml: not UTF-8 .*save it as UTF-8"):
        read_yaml(path)
    path.write_text("#" * (MAX_BYTES + 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"f\.yaml: larger than 1,000,000 bytes"):
        read_yaml(path)
    with pytest.raises(ConfigurationError, match="not a file"):
        read_yaml(tmp_path)
