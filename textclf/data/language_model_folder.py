"""The folder of a language model, as transformers writes it, and the checks of its files."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from textclf.errors import ConfigurationError, Problem

CONFIG, TOKENIZER, WEIGHTS = FILES = ("config.json", "tokenizer.json", "model.safetensors")
SEVERAL = f"{WEIGHTS}.index.json"  # lists the weights of a model that has several files of them
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# Names that BERT, GPT-2, DistilBERT, XLNet and XLM use in config.json
WIDTH = ("hidden_size", "n_embd", "dim", "d_model", "emb_dim")
LAYERS = ("num_hidden_layers", "n_layer", "n_layers")
POSITIONS = ("max_position_embeddings", "n_positions")


def unusable(message: str) -> ConfigurationError:
    """Return the error for a model that cannot be used."""
    return ConfigurationError(Problem("model", message))


def whole_number(config: dict[str, Any], names: Iterable[str]) -> int | None:
    """Return the first positive whole number that ``config`` has under one of the names; None if there is none."""
    values = (config.get(name) for name in names)
    return next((value for value in values if type(value) is int and value > 0), None)


def check_names(names: Collection[str], place: str) -> None:
    """Check which files there are.

    Parameters
    ----------
    names : collection of str
        The names of the files.
    place : str
        The folder or the repository, as ``from_pretrained`` of transformers expects it.

    Raises
    ------
    ConfigurationError
        If a file is missing.
    """
    if CONFIG not in names:
        raise unusable(f"{place} has no {CONFIG}; give a language model in the format of transformers")
    save = (
        f'with transformers, AutoModel.from_pretrained("{place}").save_pretrained(FOLDER) and '
        f'AutoTokenizer.from_pretrained("{place}").save_pretrained(FOLDER); then use FOLDER as the model'
    )
    if SEVERAL in names and WEIGHTS not in names:
        raise unusable(f"{place} has several files of weights, and only a single {WEIGHTS} is read; join them: {save}")
    if WEIGHTS not in names and any(name.endswith(PICKLED) for name in names):
        raise unusable(
            f"{place} has pickled weights and no {WEIGHTS}; only safetensors are read, because pickled weights can "
            f"run code; if you trust them, convert them: {save}"
        )
    if WEIGHTS not in names:
        raise unusable(f"{place} has no {WEIGHTS}; is the download complete?")
    if TOKENIZER not in names:
        raise unusable(f"{place} has no {TOKENIZER}; write it: {save}")


def read_config(path: Path, place: str) -> dict[str, Any]:
    """Read ``config.json``, and check that it describes an encoder that runs without code of its own.

    Raises
    ------
    ConfigurationError
        If it does not.
    """
    try:
        config = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise unusable(f"{place}: {CONFIG} is not JSON ({error}); is the download complete?") from None
    if not isinstance(config, dict):
        raise unusable(f"{place}: {CONFIG} must hold a JSON object, as transformers writes it")
    code = [value for value in config.values() if isinstance(value, str) and value.endswith(".py")]
    if config.get("auto_map") or code:
        raise unusable(
            f"{place}: {CONFIG} names Python code of the model ({code[0] if code else 'auto_map'}), which is never "
            "run; choose a model that transformers supports by itself"
        )
    if config.get("is_encoder_decoder") is True:
        raise unusable(f"{place} is an encoder with a decoder; choose a model that is an encoder alone")
    present = {
        "model_type": isinstance(config.get("model_type"), str),
        WIDTH[0]: whole_number(config, WIDTH) is not None,
        LAYERS[0]: whole_number(config, LAYERS) is not None,
    }
    missing = [name for name, is_present in present.items() if not is_present]
    if missing:
        raise unusable(
            f"{place}: {CONFIG} has no {', '.join(missing)}; give a language model in the format of transformers"
        )
    return config


def check_folder(folder: Path, place: str) -> dict[str, Any]:
    """Check all files of a folder, and return the content of ``config.json``.

    Raises
    ------
    ConfigurationError
        If a file is missing or cannot be used.
    OSError
        If a file cannot be read.
    """
    check_names({path.name for path in folder.iterdir() if path.is_file()}, place)
    config = read_config(folder / CONFIG, place)
    try:
        with safe_open(folder / WEIGHTS, framework="np"):
            pass
    except SafetensorError as error:
        raise unusable(f"{place}: {WEIGHTS} is not a safetensors file ({error}); is the download complete?") from None
    return config
