"""Strings of the user are shown literally in a terminal, in JSON and in Markdown."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from textclf.escape import code, markdown, printable_json, visible

HOSTILE = [
    "[/red] [bold]x[/bold] [a](http://b) ![c](d)",
    "a|b || c\\|d \\",
    "<script>alert(1)</script> & &amp; <!-- x",
    "`x` ``y`` *z* **w** _v_ __u__ ~~t~~",
    "# heading #",
    "- item",
    "1. item",
    "--- ===",
    "self_attention and C# and 0.5",
    "模型 😀 שלום é",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\tb\nc\rd", r"a\tb\nc\rd"),
        ("\x7f\x85\x9b31m", r"\x7f\x85\x9b31m"),
        ("\u2028\u202e\u2066\ud800\ufffe", r"\u2028\u202e\u2066\ud800\ufffe"),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_printable_text_is_unchanged_in_a_terminal(text: str) -> None:
    assert visible(text) == text


def test_line_breaks_are_kept_on_request() -> None:
    assert visible("one\ntwo\x1b", keep="\n") == "one\ntwo\\x1b"


def test_printable_json_has_the_same_value() -> None:
    value = {"a": "\x1b\x9b\u2028\ud800 é 😀", "b": ["line\nbreak", 1]}
    document = printable_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(document) == value
    assert visible(document, keep="\n") == document
    assert "é 😀" in document
    document.encode("utf-8")


def shown(page: str) -> str:
    """Return the text of the rendered page, without its tags."""
    return unescape(re.sub("<[^>]*>", "", MarkdownIt().enable(["table", "strikethrough"]).render(page))).strip()


@pytest.mark.parametrize("text", [*HOSTILE, "a\nb | c", "\x1b[31m"])
def test_markdown_shows_a_text_literally(text: str) -> None:
    expected = visible(text).strip()
    assert shown(markdown(text)) == expected
    assert shown(f"## {markdown(text)}") == expected
    assert shown(f"| x |\n|---|\n| {markdown(text)} |").split("\n\n")[-1].strip() == expected
    assert shown(code(text)) == expected


@pytest.mark.parametrize("text", HOSTILE[:7])
def test_without_escapes_markdown_changes_the_text(text: str) -> None:
    pages = [text, f"| x |\n|---|\n| {text} |"]
    assert any(shown(page).split("\n\n")[-1].strip() != text for page in pages)


def test_names_of_parts_need_no_escape() -> None:
    assert markdown("self_attention-cross_attention-2") == "self_attention-cross_attention-2"
