"""A trained model: it converts texts to probabilities, and is saved to and loaded from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.examples import Examples
from textclf.data.language_models import LanguageModelFiles
from textclf.data.state_cache import StateCache
from textclf.data.subwords import SubwordTokenizer
from textclf.data.tokenizer import Tokenizer
from textclf.encoders import ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.pretrained.words import PretrainedWords
from textclf.errors import ConfigurationError, DataError, ModelFolderError
from textclf.paths import user_path
from textclf.tasks import task_of
from textclf.training.building import build_within_memory
from textclf.training.device import resolve_device
from textclf.training.folder import DESCRIPTION, WEIGHTS, read_folder, write_folder
from textclf.training.model_inputs import ModelInputs
from textclf.training.prediction import check_precision
from textclf.training.predictors import BaselinePredictor, EncoderPredictor, Predictor
from textclf.training.saved_language_model import description_of, saved_language_model

DESCRIBED = ("task", "precision", "pairs", "label_type")  # parameters of `Model` that its folder stores unchanged


class Model:
    """A classifier or a baseline with its tokenizer, its classes and its task.

    Parameters
    ----------
    config : RunConfig
    classes : sequence of str
        Labels, in the order of the probabilities' columns.
    tokenizer : Tokenizer
    classifier : Classifier or Baseline
        A `Baseline` if the configuration is of that kind.
    task : str
        The name of the task.
    device, precision : str
        The device that the model runs on, and the precision of its training.
    pairs : bool
        Whether the model reads pairs of texts.
    label_type : {"str", "int", "float", "bool"}
        The type of the labels in `TextClassifier`; here they are strings.
    language_model : LanguageModelFiles, optional
        The language model that the classifier reads.
    """

    def __init__(
        self,
        config: RunConfig,
        classes: Sequence[str],
        tokenizer: Tokenizer | SubwordTokenizer,
        classifier: Any,
        *,
        task: str,
        device: str = "cpu",
        precision: str = "float32",
        pairs: bool = False,
        label_type: str = "str",
        language_model: LanguageModelFiles | None = None,
    ) -> None:
        self.config, self.classes, self.tokenizer = config, tuple(classes), tokenizer
        self.classifier, self.device, self.precision, self.pairs = classifier, device, precision, pairs
        self.task_name, self.task, self.label_type = task, task_of(task), label_type
        part = config.encoder.part
        sentences = getattr(ENCODERS[part], "reads_sentences", False)
        self.language_model = language_model
        self.inputs = ModelInputs(
            tokenizer,
            config.settings.max_tokens,
            sentences,
            device,
            joint=config.language_model is not None and config.language_model.joint,
            positions=None if language_model is None else language_model.positions,
            state_cache=_state_cache(classifier, device),
        )
        self.predictor: Predictor = (
            BaselinePredictor(part, classifier, self.inputs, len(self.classes))
            if config.kind == "baseline"
            else EncoderPredictor(part, classifier, self.inputs, self.task)
        )

    def predict_proba(self, examples: Examples, cache_tokens: bool = False, precision: str = "float32") -> np.ndarray:
        """Return probabilities ``(n, classes)``, float64; with ``cache_tokens``, tokens are stored in the cache.

        In float32 a text's probabilities do not depend on the other texts; in bfloat16 they do, in their third digit.

        Raises
        ------
        ConfigurationError
            If the model or the machine cannot predict in ``precision``.
        TrainingError
            If a probability is not finite, because training has made the weights too large.
        """
        check_precision(precision, torch.device(self.device), self.config)
        if not len(examples):
            return np.empty((0, len(self.classes)))
        self._check(examples)
        return self.predictor.probabilities(examples, cache_tokens, precision)

    def predict(self, probabilities: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
        """Return the predicted label of each row of `predict_proba`'s result, by the rule of the task.

        Parameters
        ----------
        probabilities : np.ndarray
            ``(n, classes)``.
        classes : np.ndarray, optional
            ``(classes,)``: the labels in another type; by default strings.
        """
        return self.task.predict(probabilities, np.array(self.classes, object) if classes is None else classes)

    def attention_weights(self, examples: Examples) -> list[Any]:
        """Return the attention weights over the words of each text.

        Returns
        -------
        list of (tokens, weights)
            One tuple for each text, two tuples for each pair; ``weights`` is ``(tokens,)`` for one query, else
            ``(queries, tokens)``; rows sum to 1.

        Raises
        ------
        TextclfError
            If the model has no attention weights.
        """
        if self.config.kind == "encoder":
            self._check(examples)
        return self.predictor.attention_weights(examples)

    def _check(self, examples: Examples) -> None:
        if self.pairs != (examples.pairs is not None):
            needs, has = ("pairs of texts", "one text") if self.pairs else ("one text", "pairs of texts")
            raise DataError(f"this model reads {needs}, and a row has {has}; give it {needs}")

    def batches(self, examples: Examples, **options: Any) -> Batches:
        """Tokenise the examples, with their targets if they have labels; `ModelInputs.batches` takes ``options``."""
        return self.inputs.batches(examples, None if examples.labels is None else self.targets(examples), **options)

    def targets(self, examples: Examples) -> np.ndarray:
        """Return the labels as numbers; see `Task.targets`."""
        return self.task.targets(examples.labels or (), self.classes)

    def parameters(self) -> dict[str, int]:
        """Return the number of parameters; see `Classifier.count_parameters`."""
        return self.predictor.parameters()

    def save(self, folder: str | Path) -> None:
        """Write ``model.safetensors``, ``tokenizer.json`` and ``model.json``; nothing in them is executable.

        Raises
        ------
        OutputError
            If the folder holds something other than a saved model, or cannot be written; its files are unchanged.
        """
        arrays, values = self.predictor.state()
        description = {
            "config": self.config.flat(),
            "classes": self.classes,
            "task": self.task_name,
            "label_type": self.label_type,
            "precision": self.precision,
            "pairs": self.pairs,
            "values": values,
        }
        if self.language_model is not None:
            description["language_model"] = description_of(self.language_model)
        if self.config.plugins:
            description["plugins"] = {plugin.name: plugin.sha256 for plugin in self.config.plugins}
        write_folder(user_path(folder), description, arrays, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> Model:
        """Read the model that `save` wrote.

        Raises
        ------
        ModelFolderError
            If a file is missing or damaged, if the files do not belong together, or if a plug-in that the model needs
            is not loaded: loading a model never imports a plug-in.
        """
        folder = user_path(folder)
        description, arrays, tokenizer_file = read_folder(folder)
        where, classes = resolve_device(device), description["classes"]
        try:
            config = RunConfig.parse(description["config"])
            described = {key: description[key] for key in DESCRIBED}
            task_of(described["task"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFolderError(f"{folder / DESCRIPTION}: damaged ({error}); save the model again") from None
        language_model = saved_language_model(config, description, folder, tokenizer_file)
        tokenizer = (Tokenizer if language_model is None else SubwordTokenizer).load(tokenizer_file)
        try:
            if config.kind == "baseline":
                classifier = BASELINES.build(config.encoder, len(classes))
            else:
                words = len(tokenizer.vocabulary) if isinstance(tokenizer, Tokenizer) else 0
                classifier = build_within_memory(
                    config,
                    words,
                    len(classes),
                    described["pairs"],
                    where,
                    lambda: np.zeros((words, config.settings.embedding_dim), np.float32),
                    1,
                    language_model=language_model,
                    pretrained=False,
                )
            model = cls(
                config,
                classes,
                tokenizer,
                classifier,
                device=str(where),
                language_model=language_model,
                **described,
            )
            model.predictor.restore(arrays, description["values"])
        except ConfigurationError:  # the model does not fit into memory
            raise
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelFolderError(f"{folder / WEIGHTS}: damaged ({reason}); save the model again") from None
        return model


def _state_cache(classifier: Any, device: str) -> StateCache | None:
    """Return the cache of the states that a frozen language model computes; None for other classifiers."""
    words = classifier.encoder.embedding if isinstance(classifier, Classifier) else None
    if not isinstance(words, PretrainedWords) or not words.frozen:
        return None
    return StateCache(words.states_key, words.states_dim, words.states, device)
