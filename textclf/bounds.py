"""Types of settings and options: numbers with their bounds, shared by all parts, and how a wrong value is shown."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

LONGEST = 80  # characters of a value in a message


def shown(value: Any) -> str:
    """A value as a message shows it: its start, if it is long.

    >>> shown("x" * 1000)[-4:]
    'xxx…'
    """
    try:
        text = repr(value)
    except ValueError:  # Python does not write numbers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"expected a number, not {value}")
    return value


_number = BeforeValidator(_no_truth_value)  # pydantic takes True for 1

Seed = Annotated[int, _number, Field(ge=0, lt=2**31)]  # NumPy, torch and scikit-learn all take these
Count = Annotated[int, _number, Field(gt=0, lt=2**31)]  # of rows or occurrences
Epochs = Annotated[int, _number, Field(gt=0, le=1_000_000)]
Folds = Annotated[int, _number, Field(ge=2, le=1_000)]
Fold = Annotated[int, _number, Field(ge=0, lt=1_000)]
Words = Annotated[int, _number, Field(gt=0, le=10_000_000)]  # of a vocabulary
Tokens = Annotated[int, _number, Field(gt=0, le=1_000_000)]  # of a text
Size = Annotated[int, _number, Field(gt=0, le=65_536)]  # of a vector
Window = Annotated[int, _number, Field(gt=0, le=1_000)]  # words that a filter sees
Windows = Annotated[tuple[Window, ...], Field(min_length=1, max_length=32)]
Distance = Annotated[int, _number, Field(ge=0, le=1_000_000)]  # between words
Few = Annotated[int, _number, Field(gt=0, le=256)]  # layers, heads, rows, blocks
Ngram = Annotated[int, _number, Field(gt=0, le=16)]
Positive = Annotated[float, _number, Field(ge=1e-30, le=1e38)]  # float32 can hold it
NonNegative = Annotated[float, _number, Field(ge=0, le=1e38)]
Share = Annotated[float, _number, Field(ge=0, le=0.999)]  # dropped out; above, dropout's 16 bits a draw are too few
