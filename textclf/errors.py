"""What went wrong, in the user's words. Whoever raises one of these has said what, where and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class TextclfError(Exception):
    """Base of every error that a user can cause; the command line prints its message and exits with 2."""


class ConfigurationError(TextclfError, ValueError):
    """One or more settings are wrong; a `ValueError` too, as scikit-learn's callers expect of a wrong keyword.

    Parameters
    ----------
    problems : sequence of str
        Every problem found, each naming its key; all are reported at once.
    """

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class DataError(TextclfError, ValueError):
    """A file, a column or a row of the data cannot be used; a `ValueError` too, as scikit-learn's callers expect."""


class ModelFolderError(TextclfError):
    """A saved model is incomplete or damaged."""


class OutputError(TextclfError):
    """A folder for results cannot be written, or another process writes to it."""


class TrainingError(TextclfError):
    """Training could not go on, as when the loss stops being finite."""


def did_you_mean(word: str, known: Iterable[str], beside: Iterable[str] = ()) -> str:
    """The way out of a misspelt name: its nearest neighbour, also among names ``beside``, else all that are known.

    >>> did_you_mean("lstn", ["lstm", "cnn"])
    'did you mean "lstm"?'
    >>> did_you_mean("zebra", ["lstm", "cnn"])
    'known: cnn, lstm'
    """
    known = sorted(known)
    near = get_close_matches(word, [*known, *beside], n=1)
    return f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known) or 'none'}"
