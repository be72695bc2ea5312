"""The scikit-learn face: fit, predict, score, explain, save."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from textclf.config import RunConfig, run_keys
from textclf.data.examples import Examples
from textclf.data.splits import hold_out
from textclf.errors import DataError, ModelFolderError
from textclf.training.fit import Fit
from textclf.training.model import Model

SHORT = ("encoder", "pooling", "score", "normaliser", "epochs", "vectors", "device", "precision", "random_state")
LABELS_FILE = "labels.json"
LABEL_TYPES: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "bool": lambda label: label == "True",
    "float": float,
}


class TextClassifier(ClassifierMixin, BaseEstimator):
    """A text classifier, from strings to labels.

    Parameters
    ----------
    encoder : str, default "lstm"
        One of ``textclf list encoders``.
    pooling, score, normaliser : str, optional
        By default the encoder's own.
    epochs : int, default 10
        At most so many: a tenth of the unique texts is held out, and training stops when it no longer improves. With
        fewer than 50 unique texts none is held out, and all epochs are run.
    vectors : str, optional
        A file of word vectors.
    device : str, default "auto"
    precision : {"auto", "float32", "bfloat16"}
        Of training; prediction is in float32.
    random_state : int, default 0
    **options
        Every other key of a run, as ``hidden_dim=64``, ``max_tokens=128`` or ``**{"pooling.query": "last"}``.

    Attributes
    ----------
    classes_ : np.ndarray
        The labels, sorted; probabilities have their columns in this order.
    history_ : list of dict
        One record an epoch.

    Examples
    --------
    >>> texts, labels = ["good film", "bad film"] * 10, ["pos", "neg"] * 10
    >>> model = TextClassifier(encoder="lstm", pooling="attention", epochs=20, dropout=0.0).fit(texts, labels)
    >>> [str(label) for label in model.predict(["a good one"])]
    ['pos']
    """

    def __init__(
        self,
        encoder: str = "lstm",
        pooling: str | None = None,
        score: str | None = None,
        normaliser: str | None = None,
        epochs: int = 10,
        vectors: str | None = None,
        device: str = "auto",
        precision: str = "auto",
        random_state: int = 0,
        **options: Any,
    ) -> None:
        self.encoder = encoder
        self.pooling = pooling
        self.score_function = score  # ``score`` is a method
        self.normaliser = normaliser
        self.epochs = epochs
        self.vectors = vectors
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.options = options

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every keyword that makes this estimator again."""
        named = {name: getattr(self, "score_function" if name == "score" else name) for name in SHORT}
        return named | self.options

    def set_params(self, **parameters: Any) -> TextClassifier:
        """Change keywords."""
        for name, value in parameters.items():
            if name in SHORT:
                setattr(self, "score_function" if name == "score" else name, value)
            else:
                self.options[name] = value
        return self

    def _config(self) -> RunConfig:
        others = {
            "epochs": self.epochs,
            "vectors": self.vectors,
            "device": self.device,
            "precision": self.precision,
            "seed": self.random_state,
        }
        return RunConfig.parse(
            run_keys(self.encoder, self.pooling, self.score_function, self.normaliser, others | self.options)
        )

    def fit(self, texts: Sequence[str | tuple[str, str]], labels: Sequence[Any]) -> TextClassifier:
        """Learn from texts and their labels.

        Raises
        ------
        DataError
            If there are no texts, not as many labels, one class only, or a text that is no string.
        ConfigurationError
            If a keyword is wrong.
        """
        config = self._config()
        labels = list(labels.tolist() if hasattr(labels, "tolist") else labels)
        examples = _examples(texts)
        if len(examples) != len(labels):
            raise DataError(f"fit: {len(examples)} texts but {len(labels)} labels; give one label a text")
        if any(label is None or label != label for label in labels):
            missing = next(row for row, label in enumerate(labels) if label is None or label != label)
            raise DataError(f"fit: text {missing} has no label ({labels[missing]}); label it or leave it out")
        unique = sorted(set(labels))
        if len(unique) < 2:
            raise DataError(f"fit: one class only ({unique}); a classifier needs at least two")
        self.classes_ = np.array(unique)
        labelled = Examples(examples.texts, [str(label) for label in labels], examples.ids, examples.pairs)
        training, validation = hold_out(labelled, seed=config.settings.split_seed)
        fit = Fit(config, training, validation, tuple(str(label) for label in unique))
        self.history_ = list(fit)
        self.model_ = fit.model
        return self

    def predict_proba(self, texts: Sequence[str | tuple[str, str]]) -> np.ndarray:
        """Probabilities ``(n, classes)``, columns as in ``classes_``."""
        return self._fitted().predict_proba(_examples(texts))

    def predict(self, texts: Sequence[str | tuple[str, str]]) -> np.ndarray:
        """The most probable label of each text."""
        probabilities = self.predict_proba(texts)
        return self.classes_[probabilities.argmax(1)]

    def attention_weights(self, texts: Sequence[str | tuple[str, str]]) -> list[tuple[list[str], np.ndarray]]:
        """What each text's vector was read from.

        Returns
        -------
        list of (tokens, weights)
            One a text; ``weights`` is ``(tokens,)`` for one query, else ``(queries, tokens)``; rows sum to 1.

        Raises
        ------
        TextclfError
            If the model does not weigh words.
        """
        return self._fitted().attention_weights(_examples(texts))

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFittedError("this TextClassifier is not fitted; call fit(texts, labels) first")
        return self.model_

    def save(self, folder: str | Path) -> None:
        """Write the fitted model to a folder, as safetensors and JSON; ``textclf predict`` reads it too."""
        model = self._fitted()
        model.save(folder)
        kind = type(self.classes_.tolist()[0]).__name__
        Path(folder, LABELS_FILE).write_text(json.dumps({"type": kind}), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> TextClassifier:
        """The fitted estimator that `save` or ``textclf run --save`` wrote.

        Raises
        ------
        ModelFolderError
            If a file is missing or damaged.
        """
        model = Model.load(folder)
        path = Path(folder, LABELS_FILE)
        try:
            kind = json.loads(path.read_text(encoding="utf-8"))["type"] if path.exists() else "str"
            classes = np.array([LABEL_TYPES[kind](label) for label in model.classes])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelFolderError(f"{path}: damaged ({error}); save the model again") from None
        made = cls()
        short = {"encoder", "seed", "epochs", "vectors", "device", "precision"}
        flat = model.config.flat()
        made.encoder, made.random_state = flat["encoder"], flat["seed"]
        made.epochs, made.vectors, made.precision = flat["epochs"], flat["vectors"], flat["precision"]
        made.options = {key: value for key, value in flat.items() if key not in short}
        made.pooling = made.options.pop("pooling", None)
        made.model_, made.classes_, made.history_ = model, classes, []
        return made


def _examples(texts: Sequence[str | tuple[str, str]]) -> Examples:
    if isinstance(texts, str):
        raise DataError("expected a list of texts, not one text; put it in a list")
    texts = list(texts)
    if not texts:
        raise DataError("no texts; give at least one")
    size = 2 if isinstance(texts[0], tuple) else 1
    columns: list[list[str]] = [[] for _ in range(size)]
    for number, text in enumerate(texts):
        parts = text if isinstance(text, tuple) else (text,)
        if len(parts) != size:
            raise DataError(f"text {number}: expected {'a pair' if size == 2 else 'one text'}, as text 0 is")
        for column, part in zip(columns, parts, strict=True):
            if not isinstance(part, str):
                raise DataError(f"text {number} is of type {type(part).__name__}, not a string")
            column.append(str(part))
    return Examples(columns[0], None, np.arange(len(texts)), columns[1] if size == 2 else None)
