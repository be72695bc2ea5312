"""Static: logistic regression on the mean of pretrained token vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from textclf.bounds import Positive
from textclf.data import wordllama
from textclf.data.static_vectors import HUB, StaticVectors, load_static_vectors
from textclf.encoders.baselines.baseline import Baseline
from textclf.errors import DataError
from textclf.registry import PartOptions

SMOOTHING = 1e-3  # a of Arora et al. 2017, who find 1e-3 to 1e-4 best


class Static(Baseline):
    """scikit-learn's multinomial logistic regression on the mean of a text's token vectors, which stay fixed.

    A pair is [u; v; |u - v|; u · v]. Features are standardised, so that the regularisation does not depend on the
    table; the scale is then part of the coefficients.

    Weighting by inverse frequency is that of Arora, Liang & Ma 2017 ("A Simple but Tough-to-Beat Baseline for Sentence
    Embeddings"): a vector is multiplied by a / (a + p), where p is the frequency of its token and a is `SMOOTHING`, and
    the sum is divided by the number of tokens. Unlike there, tokens are pieces of words, frequencies are those of the
    training texts, and the first principal component is not removed.

    Parameters
    ----------
    classes : int
    model : str
        A table of static vectors: ``wordllama``, or a folder or ``hub:OWNER/NAME`` in the format of model2vec.
    weighting : {"none", "inverse_frequency"}
        Whether frequent tokens count less (inverse_frequency); none was better or equal on the validation splits of two
        corpora.
    inverse_regularisation : float
        scikit-learn's C; of 0.003 to 100, 0.01 was the best on the validation splits of two corpora.
    """

    class Options(PartOptions):
        model: str = wordllama.NAME
        weighting: Literal["none", "inverse_frequency"] = "none"
        inverse_regularisation: Positive = 0.01

    def __init__(self, classes: int, *, model: str, weighting: str, inverse_regularisation: float) -> None:
        from sklearn.linear_model import LogisticRegression  # here, because the import takes a second

        super().__init__(classes)
        self.table: StaticVectors = load_static_vectors(model)
        self.regression = LogisticRegression(C=inverse_regularisation, max_iter=1000)
        self.weighting = weighting
        self.tokens, self.weights = np.empty(0, np.int64), np.empty(0)  # tokens with a weight other than 1
        self.seen = np.arange(classes)  # the classes that have a row in training

    @classmethod
    def files_sha256(cls, options: Any) -> str:
        return load_static_vectors(options.model).sha256

    @classmethod
    def pretrained(cls, options: Any) -> str:
        name = options.model if options.model.startswith(HUB) else Path(options.model).name
        return f"{name} vectors"

    @classmethod
    def pretrained_origin(cls, options: Any) -> str:
        table = load_static_vectors(options.model)
        return f"{table.name}: {table.origin}"

    def pretrained_parameters(self) -> int:
        return int(self.table.matrix.size)

    def fit(self, labels: np.ndarray, *columns: Sequence[str]) -> Static:
        from sklearn.preprocessing import StandardScaler

        ids = [list(self.table.ids(texts)) for texts in columns]
        tokens = np.concatenate([row for column in ids for row in column])
        if not len(tokens):
            raise DataError(
                f"static: no training text has a token of {self.table.name}; check the column of texts and the model"
            )
        if self.weighting == "inverse_frequency":
            self.tokens, counts = np.unique(tokens, return_counts=True)
            self.weights = SMOOTHING / (SMOOTHING + counts / counts.sum())
        features, self.seen = self._features(ids), np.unique(labels)
        if len(self.seen) > 1:
            scaler = StandardScaler().fit(features)
            self.regression.fit(scaler.transform(features), labels)
            self.regression.coef_ = self.regression.coef_ / scaler.scale_
            self.regression.intercept_ = self.regression.intercept_ - self.regression.coef_ @ scaler.mean_
        else:  # scikit-learn refuses a single class
            self.regression.coef_, self.regression.intercept_ = np.zeros((1, features.shape[1])), np.zeros(1)
        return self

    def predict_proba(self, *columns: Sequence[str]) -> np.ndarray:
        probabilities = np.zeros((len(columns[0]), self.classes))
        features = self._features([self.table.ids(texts) for texts in columns])
        seen = self.regression.predict_proba(features) if len(self.seen) > 1 else 1.0
        probabilities[:, self.seen] = seen
        return probabilities

    def _features(self, ids: Sequence[Iterable[np.ndarray]]) -> np.ndarray:
        """Return the mean vectors ``(n, features)``, of float64, from the token ids of each text of each column."""
        token_weights = np.ones(len(self.table.matrix))
        token_weights[self.tokens] = self.weights
        vectors = [np.stack([self._mean(row, token_weights) for row in column]) for column in ids]
        if len(vectors) == 1:
            return vectors[0]
        left, right = vectors
        return np.hstack([left, right, np.abs(left - right), left * right])

    def _mean(self, ids: np.ndarray, token_weights: np.ndarray) -> np.ndarray:
        """Return the weighted sum of vectors, divided by the number of tokens; zeros for a text without tokens."""
        return token_weights[ids] @ self.table.matrix[ids].astype(np.float64) / max(len(ids), 1)

    def parameters(self) -> int:
        """Return the number of coefficients, intercepts and token weights; the table is not learned."""
        return int(self.regression.coef_.size + self.regression.intercept_.size + self.weights.size)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays = {
            "tokens": self.tokens,
            "weights": self.weights,
            "coefficients": self.regression.coef_,
            "intercepts": self.regression.intercept_,
            "seen": self.seen,
        }
        return arrays, {"table": self.table.name, "sha256": self.table.sha256}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> Static:
        if values["sha256"] != self.table.sha256:
            raise ValueError(
                f"the table {self.table.name} is not the one of the training: its checksum is {self.table.sha256}, "
                f"not {values['sha256']}"
            )
        tokens, weights, seen = arrays["tokens"], arrays["weights"], arrays["seen"]
        coefficients, intercepts = arrays["coefficients"], arrays["intercepts"]
        if tokens.shape != weights.shape or tokens.tolist() != sorted(set(tokens.tolist())):
            raise ValueError("the weights of tokens do not fit")
        if len(tokens) and not 0 <= tokens[0] <= tokens[-1] < len(self.table.matrix):
            raise ValueError(f"the weighted tokens are not among 0 to {len(self.table.matrix) - 1}")
        if seen.tolist() != sorted({int(index) for index in seen if 0 <= index < self.classes}) or not len(seen):
            raise ValueError(f"the classes of the regression are not among 0 to {self.classes - 1}")
        rows, dim = len(seen) if len(seen) > 2 else 1, self.table.dim
        if coefficients.shape not in {(rows, dim), (rows, 4 * dim)} or intercepts.shape != (rows,):
            raise ValueError(f"coefficients {coefficients.shape} and intercepts {intercepts.shape} do not fit")
        self.tokens, self.weights = tokens, weights
        self.regression.coef_, self.regression.intercept_ = coefficients, intercepts
        self.regression.classes_ = self.seen = seen
        return self
