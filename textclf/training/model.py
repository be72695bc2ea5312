"""A trained model: everything between strings and probabilities, and its folder on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.cache import digest, kept
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.tokens import Tokens
from textclf.encoders import ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.overlap import Overlap
from textclf.errors import DataError, ModelFolderError, TextclfError
from textclf.training.device import resolve_device
from textclf.training.loop import predict_logits
from textclf.training.memory import TRAINING, check_fits

INFERENCE_BATCH_SIZE = 128
FORMAT = 2  # of a saved folder


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
    pairs : bool
        Whether it reads pairs of texts.
    """

    def __init__(
        self,
        config: RunConfig,
        classes: Sequence[str],
        tokenizer: Tokenizer,
        classifier: Any,
        device: str = "cpu",
        precision: str = "float32",
        pairs: bool = False,
    ) -> None:
        self.config, self.classes, self.tokenizer = config, tuple(classes), tokenizer
        self.classifier, self.device, self.precision, self.pairs = classifier, device, precision, pairs

    @property
    def is_baseline(self) -> bool:
        return self.config.encoder.part in BASELINES

    def predict_proba(self, examples: Examples, keep: bool = False) -> np.ndarray:
        """Probabilities ``(n, classes)``, float64; with ``keep``, the tokens stay in the cache."""
        if not len(examples):
            return np.empty((0, len(self.classes)))
        self._check(examples)
        if self.is_baseline:
            return self.classifier.predict_proba(*self.cut(examples))
        logits = predict_logits(self.classifier, self.batches(replace(examples, labels=None), keep=keep))
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        return exponentials / exponentials.sum(1, keepdims=True)

    def _check(self, examples: Examples) -> None:
        if self.pairs != (examples.pairs is not None):
            needs, has = ("pairs of texts", "one text") if self.pairs else ("one text", "pairs of texts")
            raise DataError(f"this model reads {needs}, and a row has {has}; give it what it was trained on")

    def cut(self, examples: Examples) -> list[list[str]]:
        """What a baseline may see: the texts, and the second texts if there are any, up to ``max_tokens`` tokens."""
        columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
        return [self.tokenizer.cut(column, self.config.settings.max_tokens) for column in columns]

    @torch.inference_mode()
    def attention_weights(self, examples: Examples) -> list[tuple[list[str], np.ndarray]]:
        """What each text's vector was read from.

        Returns
        -------
        list of (tokens, weights)
            One a text, two a pair; ``weights`` is ``(tokens,)``, or ``(queries, tokens)`` of several; rows sum to 1.

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
        for batch in self.batches(replace(examples, labels=None)).in_order():
            pooled = self.classifier(batch.text, batch.pair).pooled
            if pooled.weights is None:
                raise none
            sides = [(examples.texts, batch.text.mask, pooled.weights)]
            if batch.pair is not None and pooled.pair_weights is not None:
                sides.append((examples.pairs or [], batch.pair.mask, pooled.pair_weights))
            for place, row in enumerate(batch.rows):
                read = [self._weights_of(texts[row], mask[place], weights[place]) for texts, mask, weights in sides]
                found[row] = read[0] if len(read) == 1 else tuple(read)
        return found

    def _weights_of(self, text: str, mask: torch.Tensor, weights: torch.Tensor) -> tuple[list[str], np.ndarray]:
        kept = weights[:, : int(mask.sum())].cpu().numpy()
        return self.tokenizer.words(text, self.config.settings.max_tokens), kept[0] if len(kept) == 1 else kept

    def batches(
        self,
        examples: Examples,
        *,
        batch_size: int = INFERENCE_BATCH_SIZE,
        batching: str = "buckets",
        keep: bool = False,
    ) -> Batches:
        """The examples, tokenised, with their labels if they have any; with ``keep``, once for all runs alike."""
        sentences = getattr(ENCODERS[self.config.encoder.part], "reads_sentences", False)
        most = self.config.settings.max_tokens

        def encoded(texts: Sequence[str]) -> Tokens:
            if not keep:
                return self.tokenizer.encode(texts, most, sentences)
            key = digest(self.tokenizer.sha256, f"{most} {sentences}", texts)
            return kept(key, lambda: self.tokenizer.encode(texts, most, sentences), Tokens.load, Tokens.save)

        tokens, pairs = (None if texts is None else encoded(texts) for texts in (examples.texts, examples.pairs))
        assert tokens is not None
        labels = None if examples.labels is None else self.label_indices(examples)
        return Batches(tokens, labels, batch_size=batch_size, batching=batching, pairs=pairs, device=self.device)

    def label_indices(self, examples: Examples) -> np.ndarray:
        """``(n,)`` int64, the column of each label."""
        index = {label: position for position, label in enumerate(self.classes)}
        return np.array([index[label] for label in examples.labels or ()], dtype=np.int64)

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
            "pairs": self.pairs,
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
            precision, values, pairs = description["precision"], description["values"], description["pairs"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFolderError(f"{folder / 'model.json'}: damaged ({error}); save the model again") from None
        tokenizer = Tokenizer.load(folder / "tokenizer.json")
        where = resolve_device(device)
        try:
            arrays = load_file(folder / "model.safetensors")
            if config.encoder.part in BASELINES:
                classifier = BASELINES.build(config.encoder, len(classes)).restore(arrays, values)
            else:
                check_memory(config, len(tokenizer.vocabulary), len(classes), pairs, where, copies=1)
                vectors = torch.zeros(len(tokenizer.vocabulary), config.settings.embedding_dim)
                classifier = build_classifier(config, vectors, len(classes), pairs)
                classifier.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
                classifier.to(where).eval()
        except (SafetensorError, RuntimeError, KeyError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ModelFolderError(
                f"{folder / 'model.safetensors'}: damaged ({reason}); save the model again"
            ) from None
        return cls(config, classes, tokenizer, classifier, str(where), precision, pairs)


def build_classifier(config: RunConfig, vectors: torch.Tensor, classes: int, pairs: bool = False) -> Classifier:
    """The classifier that ``config`` describes, its word vectors starting as ``vectors`` ``(vocabulary, dim)``."""
    settings = config.settings
    embedding = Embedding(vectors, settings.dropout, settings.freeze_vectors)
    encoder = build_encoder(config.encoder, embedding, settings.hidden_dim, settings.max_tokens, classes, pairs)
    overlap = Overlap(len(vectors)) if settings.overlap_features else None
    return Classifier(encoder, classes, settings.dropout, overlap)


def check_memory(
    config: RunConfig, vocabulary: int, classes: int, pairs: bool, device: torch.device, copies: int = TRAINING
) -> None:
    """`ConfigurationError` if the classifier that ``config`` describes does not fit into memory or cannot be built."""
    with torch.device("meta"):  # shapes alone: nothing is allocated, no random number is drawn
        vectors = torch.empty(vocabulary, config.settings.embedding_dim)
        check_fits(build_classifier(config, vectors, classes, pairs), config, device, copies)
