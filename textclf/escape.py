"""Escape the user's strings for display in a terminal, in JSON and in Markdown."""

from __future__ import annotations

import re

# C0 and C1 control characters, line separators, bidirectional overrides and isolates, surrogates, noncharacters
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# An underscore between two letters or digits has no meaning in Markdown, so `self_attention` stays as it is.
MEANINGFUL = re.compile(r"[\\`*\[\]<>|#~$]|(?<![^\W_])_|_(?![^\W_])")
# Surrogates: JSON escapes and arguments in a wrong encoding may contain them, but UTF-8 cannot encode them.
HALF_CHARACTERS = re.compile("[\ud800-\udfff]")
BLOCK = re.compile(r"^([-+=]|\d+[.)](?=\s|$))")


def visible(text: object, keep: str = "") -> str:
    r"""Replace each control character and each unprintable character by its escape sequence.

    Parameters
    ----------
    text : object
        Any object; `str` converts it.
    keep : str
        Characters to keep, as ``"\n"`` for a text of several lines.

    >>> visible("red\x1b[31m\n")
    'red\\x1b[31m\\n'
    >>> visible("two\nlines\x07", keep="\n")
    'two\nlines\\x07'
    """
    return HIDDEN.sub(lambda match: match[0] if match[0] in keep else _escaped(match[0]), str(text))


def without_half_characters(text: str) -> str:
    """Replace each lone surrogate, so that UTF-8 can represent the text; positions stay the same."""
    return text if text.isascii() else HALF_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)


def printable_json(document: str) -> str:
    r"""Return a JSON document in which control characters and lone surrogates are written as ``\uXXXX``."""
    return HIDDEN.sub(lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", document)


def markdown(text: object) -> str:
    r"""Escape a line of text so that Markdown shows it literally, also in a cell of a table.

    >>> markdown("<b>[/red]</b> | self_attention")
    '\\<b\\>\\[/red\\]\\</b\\> \\| self_attention'
    """
    escaped = MEANINGFUL.sub(r"\\\g<0>", visible(text)).replace("&", "&amp;")
    return BLOCK.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", escaped)


def code(text: object) -> str:
    """Quote a line of text as code in Markdown, outside tables.

    >>> code("default"), code("a`b")
    ('`default`', '`` a`b ``')
    """
    shown = visible(text)
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    return f"{fence} {shown} {fence}" if runs else f"{fence}{shown}{fence}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
