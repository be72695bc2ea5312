"""Test predictions in memory: a table for people and programs, and arrays for metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from textclf.tasks import task_of

CLASS = "p_"  # prefix of the columns with probabilities


class Predictions(NamedTuple):
    """The test predictions of a run as the arrays that metrics expect.

    Attributes
    ----------
    labels : np.ndarray
        The targets of the task, as ``(n,)`` class indices.
    probabilities : np.ndarray
        ``(n, classes)``.
    groups : list of str or None
    """

    labels: np.ndarray
    probabilities: np.ndarray
    groups: list[str] | None


def predictions_frame(
    ids: np.ndarray,
    groups: Sequence[str] | None,
    labels: Sequence[str],
    tokens: np.ndarray | None,
    probabilities: np.ndarray,
    classes: Sequence[str],
) -> pd.DataFrame:
    """Put test predictions into a table, a row for each example.

    Parameters
    ----------
    ids : np.ndarray
        ``(n,)``.
    groups : sequence of str, optional
        ``(n,)``; None if rows have no groups.
    labels : sequence of str
        ``(n,)``.
    tokens : np.ndarray, optional
        ``(n,)``: the number of tokens of each text (of both texts of a pair together) after the cut to ``max_tokens``.
    probabilities : np.ndarray
        ``(n, classes)``.
    classes : sequence of str

    Returns
    -------
    pd.DataFrame
        ``id``, ``group`` and ``tokens`` where they exist, ``label``, and a column ``p_<class>`` for each class.
    """
    columns: dict[str, object] = {"id": ids}
    if groups is not None:
        columns["group"] = list(groups)
    columns["label"] = list(labels)
    if tokens is not None:
        columns["tokens"] = np.asarray(tokens, np.int32)
    return pd.DataFrame(columns | {f"{CLASS}{name}": probabilities[:, at] for at, name in enumerate(classes)})


def probabilities_of(frame: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Return the classes and the probabilities ``(n, classes)`` of a table of `predictions_frame`."""
    columns = [str(column) for column in frame if str(column).startswith(CLASS)]
    return [column.removeprefix(CLASS) for column in columns], frame[columns].to_numpy()


def arrays_of(frame: pd.DataFrame, task: str) -> Predictions:
    """Convert a table of `predictions_frame` to arrays; rows keep their order.

    Raises
    ------
    ValueError
        If a label is none of the classes.
    """
    classes, probabilities = probabilities_of(frame)
    try:
        targets = task_of(task).targets(frame["label"].tolist(), classes)
    except KeyError as error:
        raise ValueError(f"the label {error} is none of the classes") from None
    return Predictions(targets, probabilities, list(frame["group"]) if "group" in frame else None)
