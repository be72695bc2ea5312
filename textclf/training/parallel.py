"""Several processes that train one model: each computes on its share of every batch, and all copies stay equal."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, distributed

from textclf.data.batching import Batch, TextBatch
from textclf.errors import ConfigurationError, Problem, TrainingError, install
from textclf.training import launch
from textclf.training.device import resolve_device

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """A process group. By default it is a group of one process, and its methods change nothing.

    Every process draws the same batches and takes its `share` of each. It multiplies the gradient of its share
    by the share's fraction of the rows, and `add` sums these gradients over the processes: the sum is the gradient of
    the batch's mean loss. The sum differs slightly if the attention within sentences has a penalty (``hierarchical``),
    because this penalty is a mean over the sentences of a share, not over its texts.

    Attributes
    ----------
    rank : int
        The number of this process, from 0.
    world : int
        The number of processes.
    device : torch.device, optional
        The device of this process; None: the device of the configuration.
    """

    rank: int = 0
    world: int = 1
    device: torch.device | None = None

    def seed(self, seed: int) -> int:
        """Return a seed that differs between processes, so that no two texts share their dropout mask."""
        return seed if self.world == 1 else int(np.random.SeedSequence([seed, self.rank]).generate_state(1)[0])

    def share(self, batch: Batch) -> Batch:
        """Return this process's rows of a batch, perhaps none; ``words`` stays the count of the whole batch."""
        if self.world == 1:
            return batch
        rows = slice(self.rank, None, self.world)

        def select(text: TextBatch) -> TextBatch:
            return TextBatch._make(None if part is None else part[rows] for part in text)

        return replace(
            batch,
            text=select(batch.text),
            pair=None if batch.pair is None else select(batch.pair),
            labels=None if batch.labels is None else batch.labels[rows],
            rows=batch.rows[rows],
        )

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes; every process receives exactly the same sum."""
        if self.world > 1:
            total = self._sum(torch.cat([tensor.flatten() for tensor in tensors]))
            for tensor, part in zip(tensors, total.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(part.view_as(tensor))

    def of_first(self, value: T) -> T:
        """Return the value of the first process, so that all processes take the same decision."""
        return value

    def leave(self) -> None:
        """Leave the group at the end of the training."""

    def _sum(self, values: Tensor) -> Tensor:
        return values


ALONE = Processes()


@dataclass(frozen=True)
class _Joined(Processes):
    """A process group that communicates through accelerate."""

    def of_first(self, value: T) -> T:
        from accelerate.utils import broadcast_object_list

        with _communicating():
            return broadcast_object_list([value])[0]

    def leave(self) -> None:
        from accelerate import PartialState

        PartialState().destroy_process_group()

    def _sum(self, values: Tensor) -> Tensor:
        from accelerate.utils import reduce

        with _communicating():
            return reduce(values, "sum")


def join(device: str) -> Processes:
    """Join the group of processes that ``torchrun`` started: each has a GPU of its own, or all use CPUs.

    Parameters
    ----------
    device : {"auto", "cuda", "cpu"}

    Raises
    ------
    ConfigurationError
        If torchrun did not start the processes, accelerate is not installed, the device does not suit several
        processes, there are fewer GPUs than processes, or the processes cannot connect.
    """
    missing = launch.missing_variables()
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
            warnings.simplefilter("ignore")  # accelerate warns about OMP_NUM_THREADS; `use_one_core` sets one thread
            state = PartialState(cpu=kind == "cpu")
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"torchrun: the processes cannot connect to each other ({_line(error)})") from None
    return _Joined(state.process_index, state.num_processes, torch.device("cpu") if kind == "cpu" else state.device)


def _kind(device: str) -> str:
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if kind not in {"cuda", "cpu"}:
        raise ConfigurationError(
            Problem(
                "device",
                f'several processes cannot share "{device}", because each needs its own device; use auto, cuda or cpu',
            )
        )
    resolve_device(kind)
    here = launch.processes_here()
    if kind == "cuda" and torch.cuda.device_count() < here:
        raise ConfigurationError(
            Problem(
                "device",
                f"{here} processes need {here} GPUs, and this machine has {torch.cuda.device_count()}; "
                "start fewer (--nproc-per-node), or use device=cpu",
            )
        )
    return kind


def first_to_fail() -> bool:
    """Return True for the first process that calls this, so that only one process prints its error.

    The first need not be rank 0: when one process ends, torchrun ends the others at once, perhaps before rank 0
    prints. If torchrun's key-value store cannot be reached, return True in each process.
    """
    address = launch.store_address()
    if address is None:
        return True
    with contextlib.suppress(RuntimeError):
        store = distributed.TCPStore(*address, is_master=False, timeout=timedelta(seconds=10))
        return store.add("textclf/failed", 1) == 1
    return True


@contextlib.contextmanager
def _communicating() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # torch has no class of its own for a lost connection
        raise TrainingError(f"another process ended before the training did ({_line(error)})") from error


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]
