"""Find words of more than 1,000 characters before the pre-tokeniser reads them."""

from __future__ import annotations

import re

from tokenizers import Regex, pre_tokenizers

LONGEST_WORD = 1_000  # characters; regular expressions of tokenizers fail on a word of millions of characters
WORD = re.compile(r"d++(?:\.d++)++|[wd]++")  # in a text whose characters `SHAPES` has replaced


def long_words(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of each word of more than `LONGEST_WORD` characters."""
    if not _may_have_long_word(text):
        return []
    shape = text.translate(SHAPES)
    if not _may_have_long_word(shape):
        return []
    return [match.span() for match in WORD.finditer(shape) if match.end() - match.start() > LONGEST_WORD]


def _may_have_long_word(text: str) -> bool:
    return len(text) > LONGEST_WORD and max(map(len, text.split()), default=0) > LONGEST_WORD


class _Shapes(dict[int, str]):
    """Map each character to ``d`` (digit), ``w`` (another part of a word), ``.`` (joins digits) or a space.

    The library tokenizers decides what is part of a word. It includes combining marks, and Python's ``re`` does not.
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
