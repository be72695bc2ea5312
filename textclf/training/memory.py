"""Refuse models that are larger than the free memory, before they are allocated."""

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
FACTORIES = {torch.empty, torch.ones, torch.rand, torch.randn, torch.zeros}  # their arguments are the tensor's size


class AllocationLimit(TorchFunctionMode):
    """A context that counts the bytes of new tensors, and checks the model before they can exceed the free memory.

    The count is a rough upper bound, because it includes temporary tensors. So when it exceeds the limit, ``check``
    decides; it is called once, before the tensor is allocated.

    Parameters
    ----------
    device : torch.device
        The device of the model.
    copies : int
        The number of copies of each weight that must fit.
    check : callable
        Raises an error if the model does not fit.
    """

    def __init__(self, device: torch.device, copies: int, check: Callable[[], None]) -> None:
        super().__init__()
        self._left, self._check = free_bytes(device) // copies, check

    def add(self, size: int) -> None:
        """Count ``size`` bytes that are about to be allocated."""
        before, self._left = self._left, self._left - size
        if before >= 0 > self._left:
            self._check()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in FACTORIES:
            size = {key: kwargs[key] for key in ("size", "dtype") if key in kwargs}
            self.add(torch.empty(*args, **size, device="meta").nbytes)
        return func(*args, **kwargs)


class NoDraws(TorchFunctionMode):
    """A context without normal random numbers: on the meta device they have no effect but load torch's compiler."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is nn.init.normal_:
            return (kwargs or {}).get("tensor", *args)
        return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))


def free_bytes(device: torch.device) -> int:
    """Return the number of free bytes on ``device``."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available


def check_fits(classifier: nn.Module, config: RunConfig, device: torch.device, copies: int) -> None:
    """Raise `ConfigurationError` if ``classifier`` is larger than the free memory.

    Parameters
    ----------
    classifier : Module
        It may be on torch's meta device.
    config : RunConfig
        The configuration of the classifier; the message names its sizes.
    device : torch.device
        The device of the classifier.
    copies : int
        The number of copies of each trained weight.
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
    """Return every setting that may make a model large, with its value."""
    settings = config.settings
    shared = {key: getattr(settings, key) for key in ("hidden_dim", "embedding_dim", "vocabulary_size", "max_tokens")}
    options = flatten(config.encoder).items()
    parts = {key: value for key, value in options if type(value) in {int, list} and key.rpartition(".")[2] not in NAMES}
    return [f"{key} ({value})" for key, value in {**shared, **parts}.items() if value != 1]
