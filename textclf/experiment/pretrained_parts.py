"""What is pretrained in a model, as a row says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textclf.config import RunConfig
from textclf.data import wordllama
from textclf.data.hub_models import PREFIX
from textclf.encoders.baselines import BASELINES

ORIGINS = {wordllama.NAME: f"{wordllama.NAME}: {wordllama.ORIGIN}"}


def pretrained_keys(config: RunConfig) -> dict[str, Any]:
    """Return the keys of a row that name the pretrained part of its model; none if nothing is pretrained."""
    vectors, options = _vectors(config), config.language_model
    if options is not None:
        state = "frozen" if options.frozen else "fine-tuned"
        return {"pretrained": f"{_name(options.model)}, {state}", "language_model": state}
    keys = {
        "pretrained": f"{Path(vectors).name} vectors" if vectors else _of_baseline(config, "pretrained"),
        "pretrained_origin": ORIGINS.get(vectors) if vectors else _of_baseline(config, "pretrained_origin"),
    }
    return {key: value for key, value in keys.items() if value is not None}


def parameters_of(config: RunConfig, counts: dict[str, int]) -> dict[str, int]:
    """Return the numbers of parameters of a model, with word vectors from a file as pretrained ones."""
    return counts | {"pretrained": counts["embedding"]} if _vectors(config) else counts


def _name(model: str) -> str:
    """The name of a language model in tables: without the path of a folder."""
    return model if model.startswith(PREFIX) else Path(model).name


def _vectors(config: RunConfig) -> str | None:
    """The word vectors that the model starts from: a baseline and a language model do not use the setting."""
    reads_vectors = config.kind == "encoder" and config.language_model is None
    return config.settings.vectors if reads_vectors else None


def _of_baseline(config: RunConfig, method: str) -> str | None:
    """The result of a class method of the baseline, which gets the options; None for an encoder."""
    if config.kind == "encoder":
        return None
    words: str | None = getattr(BASELINES[config.encoder.part], method)(config.encoder)
    return words
