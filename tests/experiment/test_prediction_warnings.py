"""Warnings about test predictions: one class only, or fewer correct rows than the most frequent class would give."""

from __future__ import annotations

import numpy as np
import pytest

from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.data.splits import Splits
from textclf.experiment.prediction_warnings import warnings_of

ONE_CLASS = "predicts one class only"
BELOW = "test accuracy below always choosing the most frequent class"


def warned(train: str, test: str, predicted: str, encoder: str = "lstm", groups: str | None = None) -> list[str]:
    """The warnings of predictions; each letter is a row's class."""

    def examples(labels: str, groups: str | None = None) -> Examples:
        column = None if groups is None else list(groups)
        return Examples(
            [f"text {row}" for row in range(len(labels))], list(labels), np.arange(len(labels)), None, column
        )

    classes = tuple(sorted(set(train)))
    probabilities = np.eye(len(classes))[[classes.index(label) for label in predicted]]
    splits = Splits(examples(train), examples(test), examples(test, groups), classes)
    return warnings_of(RunConfig.parse({"encoder": encoder}), splits, probabilities)


@pytest.mark.parametrize(
    ("train", "test", "predicted", "expected"),
    [
        ("aaab", "aab", "aab", []),
        ("aaab", "aab", "aaa", [ONE_CLASS]),
        ("aaab", "aab", "bbb", [ONE_CLASS, BELOW]),
        ("aaab", "aab", "bab", []),  # as right as the most frequent class
        ("aaab", "aaab", "abbb", [BELOW]),
        ("aaab", "bbba", "baab", []),  # the most frequent class of training counts, and it is right once
        ("aaab", "bbba", "abab", []),
        ("aaab", "aaa", "aaa", []),  # all that there is to predict
        ("aabb", "aaab", "bbbb", [ONE_CLASS]),  # of two most frequent classes, one is as good as the other
        ("aabb", "aaab", "bbba", [BELOW]),
    ],
)
def test_doubtful_predictions_are_warned_about(train: str, test: str, predicted: str, expected: list[str]) -> None:
    assert warned(train, test, predicted) == expected


def test_the_majority_baseline_and_ranked_data_are_exempt() -> None:
    assert warned("aaab", "aab", "bbb", encoder="majority") == []
    assert warned("aaab", "aab", "bbb", encoder="tfidf") == [ONE_CLASS, BELOW]
    assert warned("aaab", "aab", "bbb", groups="xxy") == []
