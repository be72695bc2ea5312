"""The network of a pretrained language model. This is the only file that imports ``transformers``."""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from textclf.data.language_models import LanguageModelFiles
from textclf.errors import ConfigurationError, Problem, install

_loading = threading.Lock()


class Network(nn.Module):
    """A language model of the library transformers, without pooler and without head.

    Parameters
    ----------
    body : nn.Module
        What ``AutoModel`` returns.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, tokens: Tensor, mask: Tensor, segments: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return the states of all layers, each ``(batch, seq, dim)``: first the embeddings, last the last layer.

        Parameters
        ----------
        tokens, mask : Tensor
            ``(batch, seq)``.
        segments : Tensor, optional
            ``(batch, seq)``, 0 in the first text of a pair and 1 in the second; only for models that have such types.
        """
        types = {} if segments is None else {"token_type_ids": segments}
        output = self.body(input_ids=tokens, attention_mask=mask.long(), output_hidden_states=True, **types)
        return tuple(output.hidden_states)


def build_network(files: LanguageModelFiles) -> Network:
    """Return a network with the architecture of ``files`` and random weights."""
    AutoModel, config = _library(files)  # noqa: N806 - a class
    return Network(_without_pooler(AutoModel.from_config(config, attn_implementation="sdpa")))


def load_network(files: LanguageModelFiles) -> Network:
    """Return the network with its weights, in eval mode.

    Raises
    ------
    ConfigurationError
        If transformers is not installed or does not know the architecture, or if the weights do not fit it.
    """
    AutoModel, config = _library(files)  # noqa: N806 - a class
    with torch.device("meta"):
        architecture = type(AutoModel.from_config(config))
    try:
        # Without a folder, transformers reads no other file, such as an adapter, which the hash would not cover.
        body, report = architecture.from_pretrained(
            None,
            config=config,
            state_dict=load_file(files.weights),
            dtype=torch.float32,
            attn_implementation="sdpa",
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise _unfit(files, str(error).splitlines()[0]) from None
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise _unfit(files, f"its file of weights lacks {missing[0]}, and {len(missing) - 1} more")
    return Network(_without_pooler(body)).eval()


@lru_cache(maxsize=1)
def _frozen(files: LanguageModelFiles, device: torch.device) -> Network:
    return load_network(files).to(device).requires_grad_(False)


def frozen_network(files: LanguageModelFiles, device: torch.device) -> Network:
    """Return the network, which must not be changed: all models of this process share it."""
    with _loading:  # so that only one of several threads loads it
        return _frozen(files, device)


@lru_cache(maxsize=1)
def network_size(files: LanguageModelFiles) -> int:
    """Return the number of parameters, without loading the weights."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build_network(files).parameters())


def library_versions() -> tuple[str, str]:
    """Return the versions of the libraries that compute the states."""
    return torch.__version__, version("transformers")


def _library(files: LanguageModelFiles) -> tuple[Any, Any]:
    """Return transformers' ``AutoModel`` and the configuration of the language model."""
    try:
        import transformers
        from transformers import AutoModel
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    except ImportError:
        raise ConfigurationError(
            Problem("encoder", f"transformer needs the library transformers; {install('pretrained')}")
        ) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    kind = files.config["model_type"]
    if kind not in CONFIG_MAPPING:
        raise _unfit(files, f'transformers {transformers.__version__} knows no architecture "{kind}"')
    config = CONFIG_MAPPING[kind].from_dict(files.config)
    if config.is_encoder_decoder:
        raise _unfit(files, f'"{kind}" has an encoder and a decoder; choose a model with an encoder or a decoder alone')
    return AutoModel, config


def _without_pooler(body: nn.Module) -> nn.Module:
    """Remove the layer behind the first token's state: textclf pools itself."""
    if hasattr(body, "pooler"):
        setattr(body, "pooler", None)  # noqa: B010 - torch declares the type of a module's attribute as a module
    return body


def _unfit(files: LanguageModelFiles, reason: str) -> ConfigurationError:
    return ConfigurationError(Problem("model", f"{files.name}: cannot be loaded ({reason}); choose another model"))
