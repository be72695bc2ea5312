"""Results of each class: precision, recall, F1, support and the confusion matrix.

Recorded rows do not hold these arrays, because there may be 10,000 classes; they are computed from stored predictions.
The prediction is the most probable class, or the first one if several are equally probable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class PerClass(NamedTuple):
    """Precision, recall, F1 and support of each class, all ``(classes,)``.

    ``support`` is the number of rows of the class. The recall of a class without rows is 0; the precision of a
    class that is never predicted is 0.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def per_class(labels: np.ndarray, probabilities: np.ndarray) -> PerClass:
    """Return precision, recall, F1 and support of each class.

    Parameters
    ----------
    labels : np.ndarray
        ``(n,)``: the index of each row's true class; at least one row.
    probabilities : np.ndarray
        ``(n, classes)``.
    """
    from sklearn.metrics import precision_recall_fscore_support

    classes = np.arange(probabilities.shape[1])
    scores = precision_recall_fscore_support(labels, probabilities.argmax(1), labels=classes, zero_division=0.0)
    return PerClass(*scores)


def confusion_matrix(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return how many rows of each true class got each prediction, ``(true classes, predicted classes)``.

    The matrix takes ``8 classes²`` bytes: 8 MB for 1,000 classes and 800 MB for 10,000. For many classes, use
    `sparse_confusion_matrix`.
    """
    dense: np.ndarray = sparse_confusion_matrix(labels, probabilities).toarray()
    return dense


def sparse_confusion_matrix(labels: np.ndarray, probabilities: np.ndarray) -> csr_array:
    """Return the `confusion_matrix` in a form that stores only entries above 0, at most one for each row."""
    from scipy.sparse import coo_array

    classes = probabilities.shape[1]
    ones = np.ones(len(labels), dtype=np.int64)
    return coo_array((ones, (labels, probabilities.argmax(1))), shape=(classes, classes)).tocsr()
