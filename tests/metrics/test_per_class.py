"""Results of each class by hand, against scikit-learn, and for very many classes."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.predictions import random_predictions, with_odd_classes
from sklearn import metrics as reference

from textclf.metrics.per_class import confusion_matrix, per_class, sparse_confusion_matrix


def test_results_of_each_class_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    probabilities = np.eye(4)[[0, 0, 1, 1, 3, 0]]
    result = per_class(labels, probabilities)
    assert result.precision == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert result.recall == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert result.f1 == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert result.support.tolist() == [3, 2, 1, 0]
    assert confusion_matrix(labels, probabilities).tolist() == [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_precision_and_recall_are_not_exchanged() -> None:
    result = per_class(np.array([0, 0, 0, 1]), np.eye(2)[[0, 1, 1, 1]])
    assert result.precision == pytest.approx([1, 1 / 3])
    assert result.recall == pytest.approx([1 / 3, 1])


def test_results_of_each_class_agree_with_scikit_learn() -> None:
    labels, probabilities, _ = random_predictions()
    predicted, result = probabilities.argmax(1), per_class(labels, probabilities)
    report = reference.classification_report(labels, predicted, output_dict=True)
    for index in range(5):
        values = {name: getattr(result, name)[index] for name in ("precision", "recall", "support")}
        assert values | {"f1-score": result.f1[index]} == pytest.approx(report[str(index)])
    matrix = confusion_matrix(labels, probabilities)
    assert np.array_equal(matrix, reference.confusion_matrix(labels, predicted))
    assert not np.array_equal(matrix, reference.confusion_matrix(predicted, labels)), "true classes are the rows"


def test_classes_that_do_not_occur_have_an_entry_and_cause_no_warning() -> None:
    labels, probabilities, _ = with_odd_classes()
    result = per_class(labels, probabilities)
    assert [len(column) for column in result] == [5] * 4
    assert result.support[3:].tolist() == [0, 0]
    assert np.isfinite(np.array(result)).all()
    assert confusion_matrix(labels, probabilities).shape == (5, 5)


def test_one_row_has_results_for_ten_thousand_classes() -> None:
    result = per_class(np.array([7000]), np.eye(1, 10_000, 7000))
    assert np.flatnonzero(result.f1).tolist() == [7000]
    assert len(result.support) == 10_000


def test_the_sparse_matrix_of_ten_thousand_classes_stores_at_most_one_entry_a_row() -> None:
    random = np.random.default_rng(4)
    labels, probabilities = random.integers(0, 10_000, 50), random.random((50, 10_000), dtype=np.float32)
    probabilities[1], labels[1] = probabilities[0], labels[0]  # two rows in one cell
    matrix = sparse_confusion_matrix(labels, probabilities)
    assert matrix.shape == (10_000, 10_000)
    assert matrix.nnz == 49
    assert matrix.sum() == 50
    assert matrix[labels[0], probabilities[0].argmax()] == 2


def test_the_sparse_and_the_dense_matrix_are_equal() -> None:
    labels, probabilities, _ = random_predictions()
    sparse = sparse_confusion_matrix(labels, probabilities).toarray()
    assert np.array_equal(sparse, confusion_matrix(labels, probabilities))
