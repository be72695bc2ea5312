"""`TextClassifier`: the interface of scikit-learn, with attention weights and saving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from textclf.config import RunConfig, run_keys
from textclf.data.columns import LABEL_TYPES, examples_of, labels_of
from textclf.data.splits import hold_out
from textclf.errors import ConfigurationError, ModelFolderError, Problem
from textclf.paths import user_path
from textclf.settings import DEFAULTS, OF_DATASETS
from textclf.training.device import fitting, resolve_device
from textclf.training.fit import Fit
from textclf.training.folder import DESCRIPTION
from textclf.training.model import Model
from textclf.training.prediction import check_precision

CHECKED_TEXTS = 128  # at the end of `fit`, the predictions of this many texts must be finite
NAMED = (
    "encoder",
    "pooling",
    "score",
    "normaliser",
    "epochs",
    "vectors",
    "device",
    "precision",
    "inference_precision",
    "random_state",
)
ATTRIBUTES = {"score": "score_function"}  # `score` is a method of scikit-learn's classifiers


class TextClassifier(ClassifierMixin, BaseEstimator):
    """A text classifier, from strings to labels.

    Parameters
    ----------
    encoder : str, default "lstm"
        One of ``textclf list encoders``.
    pooling, score, normaliser : str, optional
        By default the encoder's own parts.
    epochs : int, default 10
        The largest number of epochs. A tenth of the unique texts is held out, and training stops when their result no
        longer improves. Every class keeps a text in training. With fewer than 50 unique texts, none is held out and
        all epochs run.
    vectors : str, optional
        A file of word vectors.
    device : str, default "auto"
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        The number format of training.
    inference_precision : {"float32", "bfloat16"}, default "float32"
        The number format of `predict` and `predict_proba`; it is not saved with the model. In float32 a text's
        probabilities do not depend on the other texts. bfloat16 is faster on processors that support it, but the other
        texts then change the third digit of a text's probabilities. Attention weights are always in float32.
    random_state : int, default 0
    **options
        Any other key of a run, such as ``hidden_dim=64``, ``max_tokens=128`` or ``**{"pooling.query": "last"}``.

    Attributes
    ----------
    classes_ : np.ndarray
        The labels, sorted; probabilities have their columns in this order.
    history_ : list of dict
        One record for each epoch; empty for a baseline or a loaded model.

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
        epochs: int = DEFAULTS.epochs,
        vectors: str | None = DEFAULTS.vectors,
        device: str = DEFAULTS.device,
        precision: str = DEFAULTS.precision,
        inference_precision: str = "float32",
        random_state: int = DEFAULTS.seed,
        **options: Any,
    ) -> None:
        self.encoder = encoder
        self.pooling = pooling
        self.score_function = score
        self.normaliser = normaliser
        self.epochs = epochs
        self.vectors = vectors
        self.device = device
        self.precision = precision
        self.inference_precision = inference_precision
        self.random_state = random_state
        self.options = options

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return every parameter of the constructor."""
        named = {name: getattr(self, ATTRIBUTES.get(name, name)) for name in NAMED}
        return named | self.options

    def set_params(self, **parameters: Any) -> TextClassifier:
        """Change parameters of the constructor, and return self."""
        for name, value in parameters.items():
            if name in NAMED:
                setattr(self, ATTRIBUTES.get(name, name), value)
            else:
                self.options[name] = value
        return self

    def _config(self) -> RunConfig:
        problems = [
            Problem(key, "is for datasets, and fit takes texts; leave it out")
            for key in OF_DATASETS
            if key in self.options
        ]
        if "seed" in self.options:
            problems.append(Problem("seed", "is called random_state here"))
        if problems:
            raise ConfigurationError(problems)
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
        """Learn from texts and their labels. Fits in several threads run one after the other.

        Parameters
        ----------
        texts : list, tuple, one-dimensional array or Series of str, or of pairs ``(str, str)``
        labels : list, tuple, one-dimensional array or Series, all of str, int, float or bool

        Raises
        ------
        DataError
            If there are no texts, if their number differs from the number of labels, if there is one class only, if a
            text is not a string, or if the labels have several types or another type.
        ConfigurationError
            If a keyword is wrong, or if this machine cannot predict in ``inference_precision``.
        TrainingError
            If a loss or a weight stops being finite.
        """
        config = self._config()
        check_precision(self.inference_precision, resolve_device(config.settings.device), config)
        examples = examples_of(texts)
        classes, names = labels_of(labels, len(examples))
        labelled = replace(examples, labels=names)
        with fitting():
            training, validation = hold_out(labelled, seed=config.settings.split_seed)
            fit = Fit(config, training, validation, tuple(map(str, classes.tolist())))
            history = list(fit)
            fit.model.predict_proba(training.take(np.arange(min(len(training), CHECKED_TEXTS))))  # raises if not finite
        fit.model.label_type = type(classes.tolist()[0]).__name__
        self.classes_, self.history_, self.model_ = classes, history, fit.model
        return self

    def predict_proba(self, texts: Sequence[str | tuple[str, str]]) -> np.ndarray:
        """Return probabilities ``(n, classes)``, with columns in the order of ``classes_``."""
        return self._fitted().predict_proba(examples_of(texts), precision=self.inference_precision)

    def predict(self, texts: Sequence[str | tuple[str, str]]) -> np.ndarray:
        """Return the predicted label of each text."""
        return self._fitted().predict(self.predict_proba(texts), self.classes_)

    def attention_weights(self, texts: Sequence[str | tuple[str, str]]) -> list[tuple[list[str], np.ndarray]]:
        """Return the attention weights over the words of each text.

        Returns
        -------
        list of (tokens, weights)
            One for each text, two for a pair; ``weights`` is ``(tokens,)`` for one query, else ``(queries, tokens)``;
            rows sum to 1.

        Raises
        ------
        TextclfError
            If the model has no attention weights.
        """
        return self._fitted().attention_weights(examples_of(texts))

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFittedError("this TextClassifier is not fitted; call fit(texts, labels) first")
        return self.model_

    def save(self, folder: str | Path) -> None:
        """Write the fitted model to a folder, as safetensors and JSON; ``textclf predict`` reads it too.

        Raises
        ------
        OutputError
            If the folder holds something other than a saved model, or cannot be written.
        """
        self._fitted().save(folder)

    @classmethod
    def load(cls, folder: str | Path) -> TextClassifier:
        """Read the fitted estimator that `save` or ``textclf run --save`` wrote.

        Raises
        ------
        ModelFolderError
            If a file is missing or damaged, or the files do not belong together.
        """
        model = Model.load(folder)
        try:
            classes = np.array([LABEL_TYPES[model.label_type](label) for label in model.classes])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelFolderError(
                f"{user_path(folder) / DESCRIPTION}: damaged ({error}); save the model again"
            ) from None
        estimator = cls()
        named = {"encoder", "seed", "epochs", "vectors", "device", "precision", *OF_DATASETS}
        flat = model.config.flat()
        estimator.encoder, estimator.random_state = flat["encoder"], flat["seed"]
        estimator.epochs, estimator.vectors, estimator.precision = flat["epochs"], flat["vectors"], flat["precision"]
        estimator.options = {key: value for key, value in flat.items() if key not in named}
        estimator.pooling = estimator.options.pop("pooling", None)
        estimator.model_, estimator.classes_, estimator.history_ = model, classes, []
        return estimator
