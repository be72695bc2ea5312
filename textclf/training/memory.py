"""Memory: what a model would take is compared with what is free, before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import psutil
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from textclf.config import NAMES, RunConfig
from textclf.errors import ConfigurationError
from textclf.registry import flatten

TRAINING = 4  # copies of a weight: itself, its gradient, Adam's two moments


class NoDraws(TorchFunctionMode):
    """Draw no normal numbers: on the meta device there are none, and torch imports its compiler there to say so."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is nn.init.normal_:
            return (kwargs or {}).get("tensor", *args)
        return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))


def free_bytes(device: torch.device) -> int:
    """Memory that is free on ``device``."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available


def check_fits(classifier: nn.Module, config: RunConfig, device: torch.device, copies: int) -> None:
    """`ConfigurationError` if ``classifier``, which may be on torch's meta device, is larger than what is free.

    Parameters
    ----------
    classifier : Module
    config : RunConfig
        What it was built from: its sizes are named in the message.
    device : torch.device
        Where it is to be.
    copies : int
        Of each weight that is trained.
    """
    needed = sum(
        tensor.numel() * tensor.element_size() * (copies if tensor.requires_grad else 1)
        for tensor in chain(classifier.parameters(), classifier.buffers())
    )
    free = free_bytes(device)
    if needed > free:
        training = ", its gradients and the optimiser's state" if copies > 1 else ""
        raise ConfigurationError(
            f"the model{training} would take {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
            f"lower one of {', '.join(_sizes(config))}"
        )


def _sizes(config: RunConfig) -> list[str]:
    """Every setting that may make a model large, with its value."""
    settings = config.settings
    shared = {key: getattr(settings, key) for key in ("hidden_dim", "embedding_dim", "vocabulary_size", "max_tokens")}
    options = flatten(config.encoder).items()
    own = {key: value for key, value in options if type(value) in {int, list} and key.rpartition(".")[2] not in NAMES}
    return [f"{key} ({value})" for key, value in {**shared, **own}.items() if value != 1]
