"""Words of more than 1,000 characters, found before the pre-tokeniser reads them."""

from __future__ import annotations

import re

from tokenizers import Regex, pre_tokenizers

LONGEST_WORD = 1_000  # characters; the library's regular expressions fail on a word of some millions
WORD = re.compile(r"d++(?:\.d++)++|[wd]++")  # in a text whose characters `SHAPES` has replaced


def long_words(text: str) -> list[tuple[int, int]]:
    """Where each word of more than `LONGEST_WORD` characters begins and ends."""
    if not _may_have_one(text):
        return []
    shape = text.translate(SHAPES)
    if not _may_have_one(shape):
        return []
    return [match.span() for match in WORD.finditer(shape) if match.end() - match.start() > LONGEST_WORD]


def _may_have_one(text: str) -> bool:
    return len(text) > LONGEST_WORD and max(map(len, text.split()), default=0) > LONGEST_WORD


class _Shapes(dict[int, str]):
    """Each character to ``d`` (a digit), ``w`` (else part of a word), ``.`` (joins digits) or a space.

    The pre-tokeniser's library decides what is part of a word: to it combining marks are, to Python they are not.
    """

    library = pre_tokenizers.Split(Regex(r"\w"), behavior="removed", invert=True)

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in ".,":
            shape = "."
        elif character.isdecimal():
            shape = "d"
        else:
            is_surrogate = 0xD800 <= code < 0xE000  # the library cannot read it
            shape = "w" if not is_surrogate and self.library.pre_tokenize_str(character) else " "
        return self.setdefault(code, shape)


SHAPES = _Shapes()
