"""Tiny static tables in the format of model2vec, and a package that looks like wordllama."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from textclf.data import wordllama

TOKENS = {"[UNK]": 0, "good": 1, "bad": 2, "film": 3, "plot": 4}
VECTORS = np.array([[9, 9, 9], [1, 0, 2], [-1, 0, 4], [0, 3, 0], [0, 5, 8]], np.float32)


def tokenizer() -> Tokenizer:
    """Words are separated by spaces and hyphens; a word outside `TOKENS` is unknown."""
    rust = Tokenizer(models.WordLevel(TOKENS, unk_token="[UNK]"))
    rust.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("-", behavior="removed")]
    )
    return rust


def write_table(folder: Path, vectors: np.ndarray = VECTORS, **arrays: np.ndarray) -> Path:
    """Write a table in the format of model2vec; ``arrays`` are ``weights`` and ``mapping``."""
    folder.mkdir(exist_ok=True)
    save_file({"embeddings": vectors, **arrays}, folder / "model.safetensors")
    tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"normalize": False}), encoding="utf-8")
    return folder


def install_wordllama(monkeypatch: pytest.MonkeyPatch, folder: Path, altered: str | None = None) -> None:
    """Let a package with a tiny table take the place of wordllama; the checksum of the file ``altered`` is wrong."""
    files = {file: folder / file for file in (wordllama.WEIGHTS, wordllama.TOKENIZER)}
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"embedding.weight": VECTORS.astype(np.float16)}, files[wordllama.WEIGHTS])
    tokenizer().save(str(files[wordllama.TOKENIZER]))
    published = {file: hashlib.sha256(path.read_bytes()).hexdigest() for file, path in files.items()}
    if altered is not None:
        files[altered].write_bytes(files[altered].read_bytes() + b" ")
    package = SimpleNamespace(locate_file=files.__getitem__, version="1", metadata={"License": "MIT License\n\nText"})
    monkeypatch.setattr(wordllama, "PUBLISHED", published)
    monkeypatch.setattr(wordllama, "distribution", lambda name: package)


def uninstall_wordllama(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package wordllama be missing."""

    def distribution(name: str) -> None:
        raise wordllama.PackageNotFoundError(name)

    monkeypatch.setattr(wordllama, "distribution", distribution)
