"""TF-IDF: logistic regression on weighted word 1- and 2-grams."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from textclf.bounds import Ngram, Positive
from textclf.encoders.baselines.baseline import Baseline
from textclf.errors import DataError
from textclf.registry import PartOptions


class Tfidf(Baseline):
    """scikit-learn's multinomial logistic regression on its sublinear TF-IDF of word n-grams.

    Parameters
    ----------
    classes : int
    ngrams : int
        The longest n-gram, in words.
    inverse_regularisation : float
        scikit-learn's C; 10 beat 1 on the validation splits of four corpora (a baseline must be as good as it can be).
    """

    class Options(PartOptions):
        ngrams: Ngram = 2
        inverse_regularisation: Positive = 10.0

    def __init__(self, classes: int, *, ngrams: int, inverse_regularisation: float) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # here, because the import takes a second
        from sklearn.linear_model import LogisticRegression

        super().__init__(classes)
        self.vectorizer = TfidfVectorizer(ngram_range=(1, ngrams), sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]")
        self.regression = LogisticRegression(C=inverse_regularisation, max_iter=1000)
        self.seen = np.arange(classes)  # the classes that have a row in training

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Tfidf:
        try:
            self.vectorizer.fit(chain.from_iterable(columns))
        except ValueError:  # scikit-learn raises it for an empty vocabulary
            raise DataError("tfidf: no training text has a word; check the column of texts") from None
        features, self.seen = self._features(columns), np.unique(labels)
        if len(self.seen) > 1:
            self.regression.fit(features, labels)
        else:  # scikit-learn refuses a single class
            self.regression.coef_, self.regression.intercept_ = np.zeros((1, features.shape[1])), np.zeros(1)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        probabilities = np.zeros((len(columns[0]), self.classes))
        seen = self.regression.predict_proba(self._features(columns)) if len(self.seen) > 1 else 1.0
        probabilities[:, self.seen] = seen
        return probabilities

    def _features(self, columns: Sequence[Sequence[str]]) -> Any:
        """TF-IDF vectors ``(n, features)``; for a pair [u; v; |u - v|; u · v], as encoders combine their vectors."""
        from scipy.sparse import hstack

        vectors = [self.vectorizer.transform(texts) for texts in columns]
        if len(vectors) == 1:
            return vectors[0]
        left, right = vectors
        return hstack([left, right, abs(left - right), left.multiply(right)], format="csr")

    def parameters(self) -> int:
        """Return the number of weights and intercepts."""
        return int(self.regression.coef_.size + self.regression.intercept_.size)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays = {
            "idf": self.vectorizer.idf_,
            "coefficients": self.regression.coef_,
            "intercepts": self.regression.intercept_,
            "seen": self.seen,
        }
        return arrays, {"vocabulary": {word: int(index) for word, index in self.vectorizer.vocabulary_.items()}}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Tfidf:
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
