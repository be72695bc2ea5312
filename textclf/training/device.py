"""Where a model runs, and with which numbers."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator

import torch

from textclf.errors import ConfigurationError, Problem

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # glibc's names of what mallopt sets
KEPT, LARGE = 2**30, 2**25  # bytes: how much may be kept; what is larger than this, the most there can be, is not

_fits = threading.RLock()  # held by the one fit that computes
_defaults = threading.Lock()  # held while the two below change
_users, _callers_default = 0, torch.float32  # of `float32_default`


def resolve_device(name: str) -> torch.device:
    """``auto`` to the best device there is (cuda, mps, cpu); else the device of that name.

    Raises
    ------
    ConfigurationError
        If there is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # of the device "meta", which computes nothing, there is no number
    except (RuntimeError, AssertionError):  # torch asserts that it was built for the device
        raise ConfigurationError(Problem("device", f'"{name}" is not available here; use auto or cpu')) from None
    if (
        device.type == "cuda"
    ):  # float32 means float32: cuDNN rounds to 10 bits of mantissa by default, and bfloat16 is there
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return device


def share_gpu(share: float) -> None:
    """Let this process take no more than ``share`` of a GPU's memory, so that others find theirs; 0: no limit."""
    if share and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(min(share, 1.0))


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Mixed precision: matrix products in ``precision``, what needs the range in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def use_one_core() -> None:
    """Compute on one thread, so that a result does not depend on what else the machine does, and keep freed memory.

    Denormal numbers become 0: gradients that vanish pass through them, and an Intel processor takes ten times as long
    to multiply them. By default glibc gives memory back to the system after many a step, and gets it anew in the next,
    page by page. Here it stays for the tensors that come next; what a process holds at most stays about the same.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            glibc = ctypes.CDLL("libc.so.6")
            for option, size in ((TRIM_THRESHOLD, KEPT), (MMAP_THRESHOLD, LARGE)):
                glibc.mallopt(option, size)


@contextlib.contextmanager
def flushed_denormals() -> Iterator[None]:
    """Inside, denormal numbers of this thread are 0; outside they are what the caller had, whose numpy they are too."""
    flushed = denormals_are_flushed()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)


def denormals_are_flushed() -> bool:
    """Whether this thread computes with 0 in place of denormal numbers."""
    denormal = 1e-310
    return denormal * 1.0 == 0.0


@contextlib.contextmanager
def random_state(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Inside, torch's chance depends on ``seed`` alone; outside, it is as if nothing had happened.

    That holds for every device, or for the CPU and ``device`` alone, where other processes use the other GPUs.
    """
    with torch.random.fork_rng(None if device is None else [device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def fitting() -> Iterator[None]:
    """A place to fit a model whatever the caller's torch is set to: with gradients and in float32, one fit at a time.

    One at a time, because dropout and initial weights draw from torch's global generator, which threads share.
    """
    with _fits, torch.inference_mode(False), torch.enable_grad(), float32_default(), flushed_denormals():
        yield


@contextlib.contextmanager
def float32_default() -> Iterator[None]:
    """Inside, new tensors are float32, also where the caller has set another default dtype.

    The default is the whole process's, so the first thread that comes in sets it and the last one puts it back.
    """
    global _users, _callers_default
    with _defaults:
        if not _users:
            _callers_default = torch.get_default_dtype()
            torch.set_default_dtype(torch.float32)
        _users += 1
    try:
        yield
    finally:
        with _defaults:
            _users -= 1
            if not _users:
                torch.set_default_dtype(_callers_default)
