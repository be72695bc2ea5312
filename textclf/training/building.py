"""Build the classifier that a configuration describes, if it fits into memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.language_models import LanguageModelFiles, find_language_model
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding, WordSource
from textclf.encoders.encoder import Sizes
from textclf.encoders.overlap import Overlap
from textclf.encoders.pretrained.words import PretrainedWords
from textclf.training.device import float32_default
from textclf.training.memory import TRAINING, AllocationLimit, NoDraws, check_fits


def language_model_of(config: RunConfig) -> LanguageModelFiles | None:
    """Return the files of the language model that the encoder reads; None if it reads none."""
    options = config.language_model
    return None if options is None else find_language_model(options.model, options.revision)


def build_classifier(
    config: RunConfig,
    vectors: torch.Tensor,
    classes: int,
    pairs: bool = False,
    *,
    language_model: LanguageModelFiles | None = None,
    pretrained: bool = True,
) -> Classifier:
    """Build the classifier that ``config`` describes.

    Parameters
    ----------
    config : RunConfig
    vectors : Tensor
        ``(vocabulary, dim)``, the initial word vectors; not used by an encoder that reads a language model.
    classes : int
    pairs : bool, default False
    language_model : LanguageModelFiles, optional
        By default the files that the configuration names.
    pretrained : bool, default True
        Whether a language model that is trained starts with pretrained weights.
    """
    settings = config.settings
    with float32_default():
        embedding: WordSource
        if config.language_model is None:
            embedding = Embedding(vectors, settings.dropout, settings.freeze_vectors)
        else:
            files = language_model or find_language_model(config.language_model.model, config.language_model.revision)
            embedding = PretrainedWords(files, config.language_model, settings.dropout, pretrained)
        sizes = Sizes(embedding.output_dim, settings.hidden_dim, settings.max_tokens, classes)
        encoder = build_encoder(config.encoder, embedding, sizes, pairs)
        overlap = Overlap(len(vectors)) if settings.overlap_features else None
        return Classifier(encoder, classes, settings.dropout, overlap)


def build_within_memory(
    config: RunConfig,
    vocabulary: int,
    classes: int,
    pairs: bool,
    device: torch.device,
    vectors: Callable[[], np.ndarray],
    copies: int = TRAINING,
    *,
    language_model: LanguageModelFiles | None = None,
    pretrained: bool = True,
) -> Classifier:
    """Build the classifier, or raise `ConfigurationError` before it takes more memory than is free.

    ``vectors`` returns the initial word vectors ``(vocabulary, dim)`` float32; it is called once they are known to fit.
    """
    check = partial(check_memory, config, vocabulary, classes, pairs, device, copies)
    with AllocationLimit(device, copies, check) as limit:
        # The limit counts the tensors of torch only, and numpy allocates the word vectors.
        limit.add(4 * vocabulary * config.settings.embedding_dim)
        return build_classifier(
            config, torch.from_numpy(vectors()), classes, pairs, language_model=language_model, pretrained=pretrained
        )


def check_memory(
    config: RunConfig, vocabulary: int, classes: int, pairs: bool, device: torch.device, copies: int = TRAINING
) -> None:
    """Raise `ConfigurationError` if the classifier of ``config`` does not fit into memory or cannot be built."""
    with torch.device("meta"), NoDraws():  # shapes only: torch allocates no memory and draws no random number
        vectors = torch.empty(vocabulary, config.settings.embedding_dim)
        check_fits(build_classifier(config, vectors, classes, pairs), config, device, copies)
