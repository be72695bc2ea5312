"""Training precision: ``auto`` is float32 or bfloat16, whichever trains faster on this machine."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from torch import nn

from textclf.config import RunConfig
from textclf.data.cache import cached, digest
from textclf.training.device import autocast, flushed_denormals, random_state, resolve_device
from textclf.training.processor import instruction_sets, processor

PRECISIONS = ("float32", "bfloat16")
LEAST_GAIN = 1.1  # bfloat16 rounds more, so auto chooses it only if it is this many times as fast
TEXTS, WORDS, DIM, HIDDEN = 50, 20, 100, 128  # sizes of the measured step: a batch of sentences
REPEATS = 7


def with_precision(config: RunConfig) -> RunConfig:
    """Return the run with ``precision: auto`` resolved for this machine; a baseline stays as it is."""
    settings = config.settings
    if settings.precision != "auto" or config.kind == "baseline":
        return config
    return config.with_settings(precision=resolve_precision("auto", resolve_device(settings.device)))


def resolve_precision(name: str, device: torch.device) -> str:
    """Return the precision ``name``; ``auto`` is the one that trains faster on ``device``.

    On a CPU with instructions for bfloat16, both are measured once for each processor model and version of torch: on
    some processors bfloat16 is twice as fast as float32, on others it takes 1.5 times as long.
    """
    if name != "auto":
        return name
    if not has_bfloat16(device):
        return "float32"
    if device.type == "cuda":
        return "bfloat16"
    milliseconds = step_milliseconds()
    return "bfloat16" if milliseconds["float32"] >= LEAST_GAIN * milliseconds["bfloat16"] else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether ``device`` has instructions for bfloat16; without them torch emulates it slowly."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


@cache
def step_milliseconds() -> dict[str, float]:
    """Return the milliseconds of a small LSTM's training step in each precision, on one thread; they are cached."""
    key = digest("precision", processor(), " ".join(instruction_sets()), torch.__version__)
    return cached(key, _measure, lambda path: json.loads(path.read_text(encoding="utf-8")), _save)


def _save(milliseconds: dict[str, float], path: Path) -> None:
    path.write_text(json.dumps(milliseconds), encoding="utf-8")


def _measure() -> dict[str, float]:
    """Return the shortest time of several repeats, because other processes only add time; the precisions alternate."""
    times: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    with _one_thread(), flushed_denormals(), random_state(0, torch.device("cpu")), torch.enable_grad():
        network = nn.LSTM(DIM, HIDDEN, batch_first=True, bidirectional=True)
        texts = torch.randn(TEXTS, WORDS, DIM, requires_grad=True)
        for repeat in range(1 + REPEATS):
            for precision in PRECISIONS:
                started = time.thread_time()
                with autocast(torch.device("cpu"), precision):
                    states, _ = network(texts)
                states.float().sum().backward()
                if repeat:
                    times[precision].append(1000 * (time.thread_time() - started))
    return {precision: min(values) for precision, values in times.items()}


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
