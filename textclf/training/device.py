"""The device, the arithmetic settings of this process, and its random state."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator

import torch

from textclf.errors import ConfigurationError, Problem

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # options of glibc's mallopt
KEPT_BYTES, KEPT_BLOCK = 2**30, 2**25  # bytes of freed memory that the process keeps; the largest block that it keeps

_fits = threading.RLock()  # held during a fit
_defaults = threading.Lock()  # held while the next two variables change
_users, _callers_default = 0, torch.float32  # state of `float32_default`


def resolve_device(name: str) -> torch.device:
    """Return the device ``name``; ``auto`` is the first available of cuda, mps and cpu.

    Raises
    ------
    ConfigurationError
        If this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # fails on the device "meta", which holds no numbers
    except (RuntimeError, AssertionError):  # torch asserts that it was built for the device
        raise ConfigurationError(Problem("device", f'"{name}" is not available here; use auto or cpu')) from None
    if device.type == "cuda":  # cuDNN's TF32 would round float32 to 10 bits of mantissa
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return device


def share_gpu(share: float) -> None:
    """Limit this process to ``share`` of the GPU's memory; 0 sets no limit."""
    if share and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(min(share, 1.0))


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Mixed precision: torch computes matrix products in ``precision`` and sensitive operations in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def use_one_core() -> None:
    """Compute on one thread, treat denormal numbers as 0, and keep freed memory in the process.

    One thread makes the result independent of other work on the machine. Vanishing gradients become denormal numbers,
    which an Intel processor multiplies ten times more slowly. By default glibc returns freed memory to the system after
    many training steps and requests it again in the next step, page by page; here the next tensors reuse it. The peak
    memory of a process stays about the same.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # the system has another C library
            glibc = ctypes.CDLL("libc.so.6")
            for option, size in ((TRIM_THRESHOLD, KEPT_BYTES), (MMAP_THRESHOLD, KEPT_BLOCK)):
                glibc.mallopt(option, size)


@contextlib.contextmanager
def flushed_denormals() -> Iterator[None]:
    """Treat denormal numbers as 0 in this thread inside the context, then restore the setting, which NumPy shares."""
    flushed = denormals_are_flushed()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)


def denormals_are_flushed() -> bool:
    """Return whether this thread treats denormal numbers as 0."""
    denormal = 1e-310
    return denormal * 1.0 == 0.0


@contextlib.contextmanager
def random_state(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's global generators inside the context, and restore their state afterwards.

    Without ``device`` this covers all devices; with it, the CPU and that device only, as other processes may use the
    other GPUs.
    """
    with torch.random.fork_rng(None if device is None else [device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def fitting() -> Iterator[None]:
    """Make a fit independent of the caller's torch settings: gradients on, float32 as default, one fit at a time.

    Fits in several threads run one after the other, because dropout and initial weights use torch's global generator.
    """
    with _fits, torch.inference_mode(False), torch.enable_grad(), float32_default(), flushed_denormals():
        yield


@contextlib.contextmanager
def float32_default() -> Iterator[None]:
    """Make float32 the default dtype inside the context, whatever the caller has set.

    The default belongs to the whole process, so the first thread that enters sets it, and the last thread that leaves
    restores it.
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
