"""The two kinds of predictor that a model may have: a trained classifier and a fitted baseline."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.data.examples import Examples
from textclf.encoders.baselines.baseline import Baseline
from textclf.errors import TextclfError, TrainingError
from textclf.tasks.task import Task
from textclf.training.device import float32_default, flushed_denormals
from textclf.training.folder import check_types
from textclf.training.loop import TOO_LARGE
from textclf.training.model_inputs import ModelInputs
from textclf.training.prediction import predict_logits

Weights = tuple[list[str], np.ndarray]  # a text's tokens, and weights (tokens,) or (queries, tokens)


class Predictor(Protocol):
    """The interface through which `Model` uses a classifier or a baseline; `Model` documents the results."""

    def probabilities(self, examples: Examples, cache_tokens: bool, precision: str) -> np.ndarray:
        """Return finite probabilities ``(n, classes)``, n > 0, or raise `TrainingError`."""

    def attention_weights(self, examples: Examples) -> list[Any]:
        """Return the tokens and weights of each text, or raise `TextclfError`."""

    def parameters(self) -> dict[str, int]:
        """Return the number of parameters of each part and in total, of pretrained and of trained ones."""

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return everything learned, as arrays and JSON values."""

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        """Load a state; raise `ValueError`, `KeyError` or `RuntimeError` if it does not fit."""


class BaselinePredictor:
    """A fitted baseline.

    Parameters
    ----------
    name : str
        The baseline's name in messages.
    baseline : Baseline
    inputs : ModelInputs
    classes : int
    """

    def __init__(self, name: str, baseline: Baseline, inputs: ModelInputs, classes: int) -> None:
        self.name, self.baseline, self.inputs, self.classes = name, baseline, inputs, classes

    def probabilities(self, examples: Examples, cache_tokens: bool, precision: str) -> np.ndarray:
        probabilities = self.baseline.predict_proba(*self.inputs.cut(examples))
        expected = (len(examples), self.classes)
        if probabilities.shape != expected:
            raise TrainingError(
                f'baseline "{self.name}": predict_proba returned an array {probabilities.shape}, not {expected}; '
                "correct the baseline"
            )
        if not np.isfinite(probabilities).all():
            raise TrainingError(f'baseline "{self.name}": its probabilities are not finite; correct the baseline')
        return probabilities

    def attention_weights(self, examples: Examples) -> list[Any]:
        raise no_weights(self.name)

    def parameters(self) -> dict[str, int]:
        count, pretrained = self.baseline.parameters(), self.baseline.pretrained_parameters()
        apart = {"embedding": pretrained, "encoder": 0, "classifier": count}
        return {"total": count + pretrained, **apart, "pretrained": pretrained, "trained": count}

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return self.baseline.state()

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        check_types(arrays, {name: np.dtype(f"{array.dtype.kind}8") for name, array in arrays.items()})  # 8 bytes each
        self.baseline.restore(arrays, values)


class EncoderPredictor:
    """A trained classifier.

    Parameters
    ----------
    name : str
        The encoder's name in messages.
    classifier : Classifier
    inputs : ModelInputs
    task : Task
    """

    def __init__(self, name: str, classifier: Classifier, inputs: ModelInputs, task: Task) -> None:
        self.name, self.classifier, self.inputs, self.task = name, classifier, inputs, task

    def probabilities(self, examples: Examples, cache_tokens: bool, precision: str) -> np.ndarray:
        batches = self.inputs.batches(examples, cache_tokens=cache_tokens, cache_states=cache_tokens)
        logits = predict_logits(self.classifier, batches, precision)
        if not np.isfinite(logits).all():
            raise TrainingError(f"the model's predictions are not finite, its weights are too large; {TOO_LARGE}")
        return self.task.probabilities(logits)

    @float32_default()
    @flushed_denormals()
    @torch.inference_mode()
    def attention_weights(self, examples: Examples) -> list[Any]:
        self.classifier.eval()
        weights: list[Any] = [None] * len(examples)
        for batch in self.inputs.batches(examples).in_order():
            pooled = self.classifier(batch.text, batch.pair).pooled
            if pooled.weights is None:
                raise no_weights(self.name)
            joint = examples.pairs is not None and batch.pair is None
            others = list(examples.pairs or [])
            sides = [([list(examples.texts), *([others] if joint else [])], batch.text.mask, pooled.weights)]
            if batch.pair is not None and pooled.pair_weights is not None:
                sides.append(([others], batch.pair.mask, pooled.pair_weights))
            for place, row in enumerate(batch.rows):
                of_row = [
                    self._weights_of([column[row] for column in columns], mask[place], values[place])
                    for columns, mask, values in sides
                ]
                weights[row] = of_row[0] if len(of_row) == 1 else tuple(of_row)
        return weights

    def _weights_of(self, texts: list[str], mask: Tensor, weights: Tensor) -> Weights:
        """Return the words of a text, or of a pair as one sequence, and the weight of each word."""
        words, places = self.inputs.words(*texts)
        rows = weights[:, : int(mask.sum())].cpu().numpy()
        of_words = np.zeros((len(rows), len(words)), rows.dtype)
        np.add.at(of_words.T, np.array(places), rows.T)
        return words, of_words[0] if len(of_words) == 1 else of_words

    def parameters(self) -> dict[str, int]:
        return self.classifier.count_parameters()

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.classifier.state_dict().items()}, {}

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        types = {name: tensor.cpu().numpy().dtype for name, tensor in self.classifier.state_dict().items()}
        check_types(arrays, types)
        self.classifier.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        self.classifier.to(self.inputs.device).eval()


def no_weights(name: str) -> TextclfError:
    """Return the error of a model without attention weights."""
    return TextclfError(
        f'"{name}" with these options has no attention weights; '
        'choose an encoder with attention, or pooling="attention"'
    )
