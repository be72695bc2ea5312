"""One model trained by several processes: each learns from its share of every batch, and all stay equal."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, distributed

from textclf.data.batching import Batch, TextBatch
from textclf.errors import ConfigurationError, TrainingError, install
from textclf.training.device import resolve_device

TOLD = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # what torchrun tells each process, beside WORLD_SIZE
T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """Those that train one model together. As it stands here: one process alone, which changes nothing.

    Every process draws the same batches and takes ``share`` of each. What it learns from its share is weighted by the
    share's rows and added up with `add`, so that the sum is the gradient of the whole batch's mean loss. One thing is
    not quite a mean over texts: a penalty on how words are read in each sentence (``hierarchical``), which is one over
    the sentences of a share.

    Attributes
    ----------
    rank : int
        Which of them this one is, from 0.
    world : int
        How many they are.
    device : torch.device, optional
        Where this one computes; None: the configuration says.
    """

    rank: int = 0
    world: int = 1
    device: torch.device | None = None

    def seed(self, seed: int) -> int:
        """A seed for the chance inside the model, another in each process: no two texts share their dropout."""
        return seed if self.world == 1 else int(np.random.SeedSequence([seed, self.rank]).generate_state(1)[0])

    def share(self, batch: Batch) -> Batch:
        """The rows of a batch that are this process's, perhaps none; ``words`` are those of the whole batch."""
        if self.world == 1:
            return batch
        mine = slice(self.rank, None, self.world)

        def of(text: TextBatch) -> TextBatch:
            sentences = None if text.sentences is None else text.sentences[mine]
            return TextBatch(text.tokens[mine], text.mask[mine], sentences)

        return replace(
            batch,
            text=of(batch.text),
            pair=None if batch.pair is None else of(batch.pair),
            labels=None if batch.labels is None else batch.labels[mine],
            rows=batch.rows[mine],
        )

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Put into each tensor its sum over all processes, the same to the last bit in each."""
        if self.world > 1:
            total = self._sum(torch.cat([tensor.flatten() for tensor in tensors]))
            for tensor, part in zip(tensors, total.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(part.view_as(tensor))

    def of_first(self, value: T) -> T:
        """What the first process has, so that all decide alike."""
        return value

    def leave(self) -> None:
        """The others are no longer needed."""

    def _sum(self, values: Tensor) -> Tensor:
        return values


ALONE = Processes()


@dataclass(frozen=True)
class _Joined(Processes):
    """Processes that talk through accelerate."""

    def of_first(self, value: T) -> T:
        from accelerate.utils import broadcast_object_list

        with _talking():
            return broadcast_object_list([value])[0]

    def leave(self) -> None:
        from accelerate import PartialState

        PartialState().destroy_process_group()

    def _sum(self, values: Tensor) -> Tensor:
        from accelerate.utils import reduce

        with _talking():
            return reduce(values, "sum")


def join(device: str) -> Processes:
    """The processes that ``torchrun`` started, this one among them: each with a GPU of its own, or all on CPUs.

    Parameters
    ----------
    device : {"auto", "cuda", "cpu"}

    Raises
    ------
    ConfigurationError
        If accelerate is not installed, a process would have no device of its own, or the others are not found.
    """
    missing = [name for name in TOLD if not os.environ.get(name)]
    if missing:
        raise ConfigurationError(
            f"WORLD_SIZE says that several processes train one model, but {', '.join(missing)} is not set; "
            "start them with torchrun, or unset WORLD_SIZE"
        )
    try:
        from accelerate import PartialState
    except ImportError:
        raise ConfigurationError(f"training in several processes needs accelerate: {install('distributed')}") from None
    kind = _kind(device)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nobody said how many threads: one, as always
            state = PartialState(cpu=kind == "cpu")
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"torchrun: the processes do not find each other ({_line(error)})") from None
    return _Joined(state.process_index, state.num_processes, torch.device("cpu") if kind == "cpu" else state.device)


def _kind(device: str) -> str:
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if kind not in {"cuda", "cpu"}:
        raise ConfigurationError(
            f'device: of several processes each has its own, not "{device}"; use auto, cuda or cpu'
        )
    resolve_device(kind)
    here = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    if kind == "cuda" and torch.cuda.device_count() < here:
        raise ConfigurationError(
            f"device: {here} processes need as many GPUs, and there are {torch.cuda.device_count()}; "
            "start fewer (--nproc-per-node), or use device=cpu"
        )
    return kind


def first_to_fail() -> bool:
    """Whether this process is the first of those that ``torchrun`` started to ask; so one of them tells of an error.

    The first, whichever it is: when it ends, torchrun ends the others, who may not have come so far.
    """
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":  # torchrun's own store: it outlives the processes
        return True
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    with contextlib.suppress(RuntimeError):
        store = distributed.TCPStore(address, port, is_master=False, timeout=timedelta(seconds=10))
        return store.add("textclf/failed", 1) == 1
    return True


@contextlib.contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # torch has no class of its own for it
        raise TrainingError(f"another process ended before the training did ({_line(error)})") from error


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]
