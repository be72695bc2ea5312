"""Errors that a user can cause. Each message has the problem, its place and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One problem of the configuration.

    Attributes
    ----------
    key : str
        The path of the key, such as ``"pooling.score"``; empty if the problem has no single key.
    message : str
        The problem and the way out, without the key.
    where : str, default ""
        The file or the models that have the problem.

    >>> str(Problem("epochs", "missing", "grid.yaml"))
    'grid.yaml: epochs: missing'
    """

    key: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class TextclfError(Exception):
    """Base class of all errors that a user can cause; the command line prints the message and exits with 2."""


class ConfigurationError(TextclfError, ValueError):
    """One or more settings are wrong. It is a `ValueError` too, because scikit-learn's callers expect one.

    Parameters
    ----------
    problems : Problem, str, or sequence of them
        All problems, which one message reports together. A string is a problem without a key.

    Attributes
    ----------
    problems : list of Problem
    """

    def __init__(self, problems: Sequence[Problem | str] | Problem | str) -> None:
        listed = [problems] if isinstance(problems, Problem | str) else problems
        self.problems = [Problem("", problem) if isinstance(problem, str) else problem for problem in listed]
        super().__init__("\n".join(map(str, self.problems)))


class DataError(TextclfError, ValueError):
    """A file, a column or a row of the data cannot be used. It is a `ValueError` too, as scikit-learn expects."""


class ModelFolderError(TextclfError):
    """A saved model is incomplete or damaged."""


class OutputError(TextclfError):
    """A folder for results cannot be written, or another process is writing to it."""


class RunError(TextclfError):
    """A run cannot continue; the command line exits with 1."""


class TrainingError(RunError):
    """Training cannot continue, for example because the loss is not finite."""


class PartError(RunError):
    """The code of a plug-in raised an error that textclf does not expect."""


class Interrupted(Exception):  # noqa: N818 - not an error
    """The user pressed Ctrl-C; the message names the results that are kept."""


def install(extra: str) -> str:
    """Return the instruction that installs the packages of an extra.

    >>> install("ray")
    "in a clone of textclf, pip install '.[ray]'"
    """
    return f"in a clone of textclf, pip install '.[{extra}]'"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "run"), counted(2000, "run")
    ('1 run', '2,000 runs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def did_you_mean(word: str, known: Iterable[str], beside: Iterable[str] = ()) -> str:
    """Return a suggestion for a misspelt word: the most similar name of ``known`` and ``beside``, else all known names.

    >>> did_you_mean("lstn", ["lstm", "cnn"])
    'did you mean "lstm"?'
    >>> did_you_mean("zebra", ["lstm", "cnn"])
    'known: cnn, lstm'
    """
    known = sorted(known)
    near = get_close_matches(word, [*known, *beside], n=1)
    return f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known) or 'none'}"
