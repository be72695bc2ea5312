"""The language model of a saved model: by reference with its checksum, or inside the folder if it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textclf.config import RunConfig
from textclf.data.language_models import LanguageModelFiles, find_language_model
from textclf.errors import ModelFolderError
from textclf.training.folder import DESCRIPTION


def description_of(files: LanguageModelFiles) -> dict[str, Any]:
    """Return what ``model.json`` holds about a language model."""
    return {"name": files.name, "sha256": files.sha256, "config": files.config}


def saved_language_model(
    config: RunConfig, description: Mapping[str, Any], folder: Path, tokenizer: Path
) -> LanguageModelFiles | None:
    """Return the language model of a saved model.

    A trained language model is in the folder, so its original files are not needed. A frozen one must still be where it
    was, with the same checksum.

    Raises
    ------
    ModelFolderError
        If the description is damaged, or if a frozen language model has changed.
    ConfigurationError
        If a frozen language model is no longer there.
    """
    options = config.language_model
    if options is None:
        return None
    try:
        saved = description["language_model"]
        name, sha256, shape = str(saved["name"]), str(saved["sha256"]), dict(saved["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFolderError(f"{folder / DESCRIPTION}: damaged ({error}); save the model again") from None
    inside = LanguageModelFiles(name, tokenizer.parent, sha256, shape)
    if not options.frozen:
        return inside
    files = find_language_model(options.model, options.revision)
    if files.sha256 != sha256:
        raise ModelFolderError(
            f"{folder}: the language model {name} has changed since this model was saved (its states had "
            f"{inside.hidden_size} values, now they have {files.hidden_size}, and its checksum differs); restore the "
            "language model, or train again"
        )
    return files
