"""What is pretrained in a model, as a row says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textclf.config import RunConfig
from textclf.encoders import ENCODERS

ORIGINS = {"wordllama": "wordllama: the token embeddings of Llama 2, reduced to 256 dimensions"}


def pretrained_keys(config: RunConfig) -> dict[str, Any]:
    """Return the keys of a row that name the pretrained part of its model; none if nothing is pretrained."""
    vectors, frozen = _vectors(config), getattr(config.encoder, "frozen", None)
    keys = {
        "pretrained": f"{Path(vectors).name} vectors" if vectors else _of_part(config, "pretrained"),
        "pretrained_origin": ORIGINS.get(vectors) if vectors else _of_part(config, "pretrained_origin"),
        "language_model": None if frozen is None else "frozen" if frozen else "fine-tuned",
    }
    return {key: value for key, value in keys.items() if value is not None}


def parameters_of(config: RunConfig, counts: dict[str, int]) -> dict[str, int]:
    """Return the numbers of parameters of a model, with word vectors from a file as pretrained ones."""
    return counts | {"pretrained": counts["embedding"]} if _vectors(config) else counts


def _vectors(config: RunConfig) -> str | None:
    """The word vectors that the model starts from: a baseline and a language model do not use the setting."""
    is_table = config.kind == "encoder" and _of_part(config, "pretrained") is None
    return config.settings.vectors if is_table else None


def _of_part(config: RunConfig, method: str) -> str | None:
    """The result of a class method of the encoder's class, which gets the options; None if it has no such method."""
    words: str | None = getattr(ENCODERS[config.encoder.part], method, lambda options: None)(config.encoder)
    return words
