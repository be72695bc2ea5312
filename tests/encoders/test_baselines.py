"""Every baseline: a column for every class, whatever training has seen; its state comes back."""

from __future__ import annotations

import numpy as np
import pytest

from textclf.encoders.baselines import BASELINES
from textclf.errors import DataError

TEXTS = ["alpha good", "alpha fine", "gamma bad", "gamma poor"]


@pytest.mark.parametrize("name", list(BASELINES))
@pytest.mark.parametrize("seen", [[1, 3], [0, 2, 4], [2]], ids=str)
@pytest.mark.parametrize("columns", [[TEXTS], [TEXTS, TEXTS[::-1]]], ids=["texts", "pairs"])
def test_a_class_that_training_lacks_has_a_column_and_the_least_probability(
    name: str, seen: list[int], columns: list[list[str]]
) -> None:
    labels = np.array([seen[row * len(seen) // len(TEXTS)] for row in range(len(TEXTS))])
    made = BASELINES.build(name, 5).fit(labels, *columns)
    probabilities = made.predict_proba(*columns)
    assert probabilities.shape == (4, 5)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    unseen = [column for column in range(5) if column not in seen]
    assert probabilities[:, unseen].max() <= probabilities.min() + 1e-12
    assert probabilities[:, seen].min() > 0
    if name != "majority":
        assert probabilities.argmax(1).tolist() == labels.tolist()
    restored = BASELINES.build(name, 5).restore(*made.state())
    assert np.array_equal(restored.predict_proba(*columns), probabilities)


@pytest.mark.parametrize("name", list(BASELINES))
def test_a_state_of_other_classes_is_refused(name: str) -> None:
    state = BASELINES.build(name, 5).fit(np.array([0, 1, 2, 4]), TEXTS).state()
    with pytest.raises(ValueError, match="classes"):
        BASELINES.build(name, 3).restore(*state)


def test_texts_without_a_word_are_refused_by_tfidf() -> None:
    with pytest.raises(DataError, match="no training text has a word"):
        BASELINES.build("tfidf", 2).fit(np.array([0, 1]), ["  ", ""])
