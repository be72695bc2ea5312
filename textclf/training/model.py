"""A trained model: everything between strings and probabilities, and its folder on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches
from textclf.data.cache import cached, digest
from textclf.data.examples import Examples
from textclf.data.tokenizer import Tokenizer
from textclf.data.tokens import Tokens
from textclf.encoders import ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Sizes
from textclf.encoders.overlap import Overlap
from textclf.errors import DataError, ModelFolderError, TextclfError, TrainingError
from textclf.training.device import float32_default, flushed_denormals, resolve_device
from textclf.training.folder import DESCRIPTION, WEIGHTS, check_types, read_folder, write_folder
from textclf.training.loop import TOO_LARGE
from textclf.training.memory import TRAINING, NoDraws, check_fits
from textclf.training.prediction import check_precision, predict_logits

INFERENCE_TEXTS, INFERENCE_TOKENS = 128, 16_384  # at most, in a batch: more takes memory and saves no time


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
    label_type : {"str", "int", "float", "bool"}
        What the labels are to `TextClassifier`; here they are strings.
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
        label_type: str = "str",
    ) -> None:
        self.config, self.classes, self.tokenizer = config, tuple(classes), tokenizer
        self.label_type = label_type
        self.classifier, self.device, self.precision, self.pairs = classifier, device, precision, pairs

    @property
    def is_baseline(self) -> bool:
        return self.config.kind == "baseline"

    def predict_proba(self, examples: Examples, keep: bool = False, precision: str = "float32") -> np.ndarray:
        """Probabilities ``(n, classes)``, float64; with ``keep``, the tokens stay in the cache.

        In float32 a text's probabilities do not depend on the other texts; in bfloat16 they do, in their third digit.

        Raises
        ------
        ConfigurationError
            If the model or the machine cannot predict in ``precision``.
        TrainingError
            If one is not finite, because training has made the weights too large.
        """
        baseline = self.config.encoder.part if self.is_baseline else None
        check_precision(precision, torch.device(self.device), baseline)
        if not len(examples):
            return np.empty((0, len(self.classes)))
        self._check(examples)
        if self.is_baseline:
            scores = self.classifier.predict_proba(*self.cut(examples))
        else:
            scores = predict_logits(self.classifier, self.batches(replace(examples, labels=None), keep=keep), precision)
        if not np.isfinite(scores).all():
            raise TrainingError(f"the model's predictions are not finite, its weights are too large; {TOO_LARGE}")
        if self.is_baseline:
            return scores
        exponentials = np.exp(scores - scores.max(1, keepdims=True))
        return exponentials / exponentials.sum(1, keepdims=True)

    def _check(self, examples: Examples) -> None:
        if self.pairs != (examples.pairs is not None):
            needs, has = ("pairs of texts", "one text") if self.pairs else ("one text", "pairs of texts")
            raise DataError(f"this model reads {needs}, and a row has {has}; give it what it was trained on")

    def cut(self, examples: Examples) -> list[list[str]]:
        """What a baseline may see: the texts, and the second texts if there are any, up to ``max_tokens`` tokens."""
        columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
        return [self.tokenizer.cut(column, self.config.settings.max_tokens) for column in columns]

    @float32_default()
    @flushed_denormals()
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
        self._check(examples)
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
        batch_size: int | None = None,
        batching: str = "buckets",
        keep: bool = False,
    ) -> Batches:
        """The examples, tokenised, with their labels if they have any; with ``keep``, once for all runs alike.

        Without a ``batch_size``, batches are as large as prediction needs them.
        """
        sentences = getattr(ENCODERS[self.config.encoder.part], "reads_sentences", False)
        most = self.config.settings.max_tokens

        def encoded(texts: Sequence[str]) -> Tokens:
            if not keep:
                return self.tokenizer.encode(texts, most, sentences)
            key = digest(self.tokenizer.sha256, f"{most} {sentences}", texts)
            return cached(key, lambda: self.tokenizer.encode(texts, most, sentences), Tokens.load, Tokens.save)

        tokens, pairs = (None if texts is None else encoded(texts) for texts in (examples.texts, examples.pairs))
        assert tokens is not None
        labels = None if examples.labels is None else self.label_indices(examples)
        if batch_size is None:
            batch_size = max(1, min(INFERENCE_TEXTS, INFERENCE_TOKENS // int(tokens.lengths.max(initial=1))))
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
        """Write ``model.safetensors``, ``tokenizer.json`` and ``model.json``; nothing in them is executable.

        Raises
        ------
        OutputError
            If the folder holds something other than a saved model, or cannot be written; what is there stays.
        """
        if self.is_baseline:
            arrays, values = self.classifier.state()
        else:
            arrays = {name: tensor.detach().cpu().numpy() for name, tensor in self.classifier.state_dict().items()}
            values = {}
        description = {
            "config": self.config.flat(),
            "classes": self.classes,
            "label_type": self.label_type,
            "precision": self.precision,
            "pairs": self.pairs,
            "values": values,
        }
        if self.config.plugins:
            description["plugins"] = {plugin.name: plugin.sha256 for plugin in self.config.plugins}
        write_folder(Path(folder), description, arrays, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> Model:
        """The model that `save` wrote.

        Raises
        ------
        ModelFolderError
            If a file is missing or damaged, if the files do not belong together, or if a plug-in that the model needs
            is not loaded: a model never imports one by itself.
        """
        folder = Path(folder)
        description, arrays, words = read_folder(folder)
        where, classes = resolve_device(device), description["classes"]
        try:
            config = RunConfig.parse(description["config"])
            rest = {key: description[key] for key in ("precision", "pairs", "label_type")}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFolderError(f"{folder / DESCRIPTION}: damaged ({error}); save the model again") from None
        tokenizer = Tokenizer.load(words)
        if config.kind == "encoder":
            check_memory(config, len(tokenizer.vocabulary), len(classes), rest["pairs"], where, copies=1)
        try:
            if config.kind == "baseline":
                classifier = BASELINES.build(config.encoder, len(classes))
                check_types(
                    arrays, {name: np.dtype(f"{array.dtype.kind}8") for name, array in arrays.items()}
                )  # 64 bits
                classifier.restore(arrays, description["values"])
            else:
                vectors = torch.zeros(len(tokenizer.vocabulary), config.settings.embedding_dim, dtype=torch.float32)
                classifier = build_classifier(config, vectors, len(classes), rest["pairs"])
                check_types(arrays, {name: tensor.numpy().dtype for name, tensor in classifier.state_dict().items()})
                classifier.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
                classifier.to(where).eval()
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelFolderError(f"{folder / WEIGHTS}: damaged ({reason}); save the model again") from None
        return cls(config, classes, tokenizer, classifier, str(where), **rest)


def build_classifier(config: RunConfig, vectors: torch.Tensor, classes: int, pairs: bool = False) -> Classifier:
    """The classifier that ``config`` describes, its word vectors starting as ``vectors`` ``(vocabulary, dim)``."""
    settings = config.settings
    with float32_default():
        embedding = Embedding(vectors, settings.dropout, settings.freeze_vectors)
        sizes = Sizes(embedding.output_dim, settings.hidden_dim, settings.max_tokens, classes)
        encoder = build_encoder(config.encoder, embedding, sizes, pairs)
        overlap = Overlap(len(vectors)) if settings.overlap_features else None
        return Classifier(encoder, classes, settings.dropout, overlap)


def check_memory(
    config: RunConfig, vocabulary: int, classes: int, pairs: bool, device: torch.device, copies: int = TRAINING
) -> None:
    """`ConfigurationError` if the classifier that ``config`` describes does not fit into memory or cannot be built."""
    with torch.device("meta"), NoDraws():  # shapes alone: nothing is allocated, no random number is drawn
        vectors = torch.empty(vocabulary, config.settings.embedding_dim)
        check_fits(build_classifier(config, vectors, classes, pairs), config, device, copies)
