"""The files of a pretrained language model: where they are, and whether they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LanguageModelFiles:
    """A folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json``, in the format of transformers.

    Attributes
    ----------
    name : str
        As the user wrote it: ``minilm``, ``hub:OWNER/NAME`` or a path.
    folder : Path
    sha256 : str
        The hash of the weights.
    config : dict
        The content of ``config.json``.
    """

    name: str
    folder: Path
    sha256: str
    config: dict[str, Any]

    @property
    def weights(self) -> Path:
        """The path of the weights."""
        return self.folder / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        """The path of the tokenizer."""
        return self.folder / "tokenizer.json"


def find_language_model(name: str, revision: str | None = None) -> LanguageModelFiles:
    """Return the files of a language model, checked.

    Parameters
    ----------
    name : str
        ``minilm``: the model of the extra ``pretrained``. ``hub:OWNER/NAME``: a model of the Hugging Face hub. Else a
        folder.
    revision : str, optional
        A branch, a tag or a commit of a model of the hub.

    Raises
    ------
    ConfigurationError
        If there is no such model, if its files cannot be used, or if the hub cannot be reached. The problem's key is
        ``model`` or ``revision``.
    """
    raise NotImplementedError
