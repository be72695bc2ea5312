"""A trained model: everything between strings and probabilities, and its folder on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.encoders.baselines import BASELINES
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.errors import ModelFolderError, TextclfError
from textclf.training.device import resolve_device
from textclf.training.loop import predict_logits

INFERENCE_BATCH_SIZE = 128
FORMAT = 1  # of a saved folder


class Model:
    """A classifier or a baseline with its tokenizer and its classes.

    Parameters
    ----------
    config : RunConfig
    classes : sequence of str
        Labels, in the order of the probabilities' columns.
    tokenizer : Tokenizer
    classifier : Classifier or a baseline
    device, precision : str
        What it was trained on and with.
    """

    def __init__(
        self,
        config: RunConfig,
        classes: Sequence[str],
        tokenizer: Tokenizer,
        classifier: Any,
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        self.config, self.classes, self.tokenizer = config, tuple(classes), tokenizer
        self.classifier, self.device, self.precision = classifier, device, precision

    @property
    def is_baseline(self) -> bool:
        return self.config.encoder.part in BASELINES

    def predict_proba(self, examples: Examples) -> np.ndarray:
        """Probabilities ``(n, classes)``, float64."""
        if not len(examples):
            return np.empty((0, len(self.classes)))
        if self.is_baseline:
            return self.classifier.predict_proba(self.tokenizer.cut(examples.texts, self.config.settings.max_tokens))
        logits = predict_logits(self.classifier, self._batches(examples))
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        return exponentials / exponentials.sum(1, keepdims=True)

    @torch.inference_mode()
    def attention_weights(self, examples: Examples) -> list[tuple[list[str], np.ndarray]]:
        """What each text's vector was read from.

        Returns
        -------
        list of (tokens, weights)
            One pair a text; ``weights`` is ``(tokens,)`` for one query, else ``(queries, tokens)``; rows sum to 1.

        Raises
        ------
        TextclfError
            If the model does not weigh words.
        """
        none = TextclfError(
            f'"{self.config.encoder.part}" as it is set up has no attention weights; '
            'choose an encoder that weighs words, or pooling="attention"'
        )
        if self.is_baseline:
            raise none
        self.classifier.eval()
        found: list[Any] = [None] * len(examples)
        for batch in self._batches(examples).in_order():
            moved = batch.to(torch.device(self.device))
            weights = self.classifier(moved.tokens, moved.mask).pooled.weights
            if weights is None:
                raise none
            for row, words, weight in zip(batch.rows, batch.mask.sum(1).tolist(), weights.cpu().numpy(), strict=True):
                text = examples.texts[row]
                tokens = self.tokenizer.words(text, self.config.settings.max_tokens)
                kept = weight[:, :words]
                found[row] = (tokens, kept[0] if len(kept) == 1 else kept)
        return found

    def _batches(self, examples: Examples) -> Batches:
        tokens = self.tokenizer.encode(examples.texts, self.config.settings.max_tokens)
        return Batches(tokens, None, batch_size=INFERENCE_BATCH_SIZE)

    def parameters(self) -> dict[str, int]:
        """How many numbers are learned: ``total``, ``embedding``, ``encoder``, ``classifier``."""
        if self.is_baseline:
            count = self.classifier.parameters()
            return {"total": count, "embedding": 0, "encoder": 0, "classifier": count}
        return self.classifier.count_parameters()

    def save(self, folder: str | Path) -> None:
        """Write ``model.safetensors``, ``tokenizer.json`` and ``model.json``; nothing in them is executable."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.is_baseline:
            arrays, values = self.classifier.state()
        else:
            arrays = {name: tensor.detach().cpu().numpy() for name, tensor in self.classifier.state_dict().items()}
            values = {}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / "model.safetensors")
        self.tokenizer.save(folder / "tokenizer.json")
        description = {
            "format": FORMAT,
            "config": self.config.flat(),
            "classes": self.classes,
            "precision": self.precision,
            "values": values,
        }
        (folder / "model.json").write_text(json.dumps(description, indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> Model:
        """The model that `save` wrote.

        Raises
        ------
        ModelFolderError
            If a file is missing or damaged.
        """
        folder = Path(folder)
        for name in ("model.json", "model.safetensors", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelFolderError(f"{folder / name}: missing; a saved model has it, so save the model again")
        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            if description["format"] != FORMAT:
                raise ModelFolderError(
                    f"{folder}: saved in format {description['format']}, this version reads {FORMAT}; train it again"
                )
            config, classes = RunConfig.parse(description["config"]), description["classes"]
            precision, values = description["precision"], description["values"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFolderError(f"{folder / 'model.json'}: damaged ({error}); save the model again") from None
        tokenizer = Tokenizer.load(folder / "tokenizer.json")
        where = resolve_device(device)
        try:
            arrays = load_file(folder / "model.safetensors")
            if config.encoder.part in BASELINES:
                classifier = BASELINES.build(config.encoder, len(classes)).restore(arrays, values)
            else:
                vectors = torch.zeros(len(tokenizer.vocabulary), config.settings.embedding_dim)
                classifier = build_classifier(config, vectors, len(classes))
                classifier.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
                classifier.to(where).eval()
        except (SafetensorError, RuntimeError, KeyError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ModelFolderError(
                f"{folder / 'model.safetensors'}: damaged ({reason}); save the model again"
            ) from None
        return cls(config, classes, tokenizer, classifier, str(where), precision)


def build_classifier(config: RunConfig, vectors: torch.Tensor, classes: int) -> Classifier:
    """The classifier that ``config`` describes, its word vectors starting as ``vectors`` ``(vocabulary, dim)``."""
    settings = config.settings
    embedding = Embedding(vectors, settings.dropout, settings.freeze_vectors)
    encoder = build_encoder(config.encoder, embedding, settings.hidden_dim, settings.max_tokens)
    return Classifier(encoder, classes, settings.dropout)
