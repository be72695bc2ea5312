"""Number types with bounds, for settings and options; the text of a wrong value for a message."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

LONGEST = 80  # characters of a value in a message


def shown(value: Any) -> str:
    """Return a value as text for a message, shortened if it is long.

    >>> shown("x" * 1000)[-4:]
    'xxx…'
    """
    try:
        text = repr(value)
    except ValueError:  # Python does not convert numbers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"expected a number, not {value}")
    return value


_number = BeforeValidator(_no_truth_value)  # pydantic accepts True as 1

Seed = Annotated[int, Field(ge=0, lt=2**31), _number]  # NumPy, torch and scikit-learn all accept these
Count = Annotated[int, Field(gt=0, lt=2**31), _number]  # of rows or occurrences
Epochs = Annotated[int, Field(gt=0, le=1_000_000), _number]
Folds = Annotated[int, Field(ge=2, le=1_000), _number]
Fold = Annotated[int, Field(ge=0, lt=1_000), _number]
Words = Annotated[int, Field(gt=0, le=10_000_000), _number]  # of a vocabulary
Tokens = Annotated[int, Field(gt=0, le=1_000_000), _number]  # of a text
Size = Annotated[int, Field(gt=0, le=65_536), _number]  # of a vector
Window = Annotated[int, Field(gt=0, le=1_000), _number]  # words that a filter sees
Windows = Annotated[tuple[Window, ...], Field(min_length=1, max_length=32)]
Distance = Annotated[int, Field(ge=0, le=1_000_000), _number]  # between words
Few = Annotated[int, Field(gt=0, le=256), _number]  # layers, heads, rows, blocks
Ngram = Annotated[int, Field(gt=0, le=16), _number]
Positive = Annotated[float, Field(ge=1e-30, le=1e38), _number]  # float32 can represent it
NonNegative = Annotated[float, Field(ge=0, le=1e38), _number]
# the share of dropout; it draws 16 random bits for each value, too few for shares above 0.999
Share = Annotated[float, _number, Field(ge=0, le=0.999)]
