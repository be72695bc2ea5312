"""TF-IDF: word 1- and 2-grams, weighted, into a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from textclf.errors import DataError
from textclf.registry import PartOptions


class Tfidf:
    """Sublinear TF-IDF of word n-grams and multinomial logistic regression, both scikit-learn's.

    Parameters
    ----------
    classes : int
    ngrams : int, default 2
        The longest n-gram, in words.
    inverse_regularisation : float, default 10.0
        scikit-learn's C; 10 beat 1 on the validation splits of four corpora (a baseline must not be a straw man).
    """

    class Options(PartOptions):
        ngrams: PositiveInt = 2
        inverse_regularisation: PositiveFloat = 10.0

    def __init__(self, classes: int, ngrams: int = 2, inverse_regularisation: float = 10.0) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # a second to import: for those who use it
        from sklearn.linear_model import LogisticRegression

        self.vectorizer = TfidfVectorizer(ngram_range=(1, ngrams), sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]")
        self.regression = LogisticRegression(C=inverse_regularisation, max_iter=1000)
        self.classes, self.seen = classes, np.arange(classes)

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Tfidf:
        """Learn from class indices ``(n,)`` and a column of texts, or two of pairs.

        Raises
        ------
        DataError
            If no text has a word.
        """
        try:
            self.vectorizer.fit(chain.from_iterable(columns))
        except ValueError:  # scikit-learn's, of an empty vocabulary
            raise DataError("tfidf: no training text has a word; check the column of texts") from None
        features, self.seen = self._features(columns), np.unique(labels)
        if len(self.seen) > 1:
            self.regression.fit(features, labels)
        else:  # nothing to tell apart, which scikit-learn refuses
            self.regression.coef_, self.regression.intercept_ = np.zeros((1, features.shape[1])), np.zeros(1)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        """Probabilities ``(n, classes)`` of a column of texts, or two of pairs; 0 for a class that training lacked."""
        probabilities = np.zeros((len(columns[0]), self.classes))
        seen = self.regression.predict_proba(self._features(columns)) if len(self.seen) > 1 else 1.0
        probabilities[:, self.seen] = seen
        return probabilities

    def _features(self, columns: Sequence[Sequence[str]]) -> Any:
        """Of a pair [u; v; |u - v|; u · v], as every encoder's vectors are combined."""
        from scipy.sparse import hstack

        vectors = [self.vectorizer.transform(texts) for texts in columns]
        if len(vectors) == 1:
            return vectors[0]
        left, right = vectors
        return hstack([left, right, abs(left - right), left.multiply(right)], format="csr")

    def parameters(self) -> int:
        """How many numbers were learned: weights and intercepts."""
        return int(self.regression.coef_.size + self.regression.intercept_.size)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values that `restore` takes back."""
        arrays = {
            "idf": self.vectorizer.idf_,
            "coefficients": self.regression.coef_,
            "intercepts": self.regression.intercept_,
            "seen": self.seen,
        }
        return arrays, {"vocabulary": {word: int(index) for word, index in self.vectorizer.vocabulary_.items()}}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Tfidf:
        """Become the baseline whose `state` this is; `ValueError` if its parts do not fit together."""
        vocabulary, idf, seen = values["vocabulary"], arrays["idf"], arrays["seen"]
        coefficients, intercepts = arrays["coefficients"], arrays["intercepts"]
        if sorted(vocabulary.values()) != list(range(len(idf))):
            raise ValueError(f"the ids of the vocabulary are not 0 to {len(idf) - 1}")
        if seen.tolist() != sorted({int(index) for index in seen if 0 <= index < self.classes}) or not len(seen):
            raise ValueError(f"the classes of the regression are not among 0 to {self.classes - 1}")
        rows, features = len(seen) if len(seen) > 2 else 1, len(idf)
        if coefficients.shape not in {(rows, features), (rows, 4 * features)} or intercepts.shape != (rows,):
            raise ValueError(f"coefficients {coefficients.shape} and intercepts {intercepts.shape} do not fit")
        self.vectorizer.vocabulary_, self.vectorizer.idf_ = vocabulary, idf
        self.regression.coef_, self.regression.intercept_ = coefficients, intercepts
        self.regression.classes_ = self.seen = seen
        return self
