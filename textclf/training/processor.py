"""The processor: its name and the instruction sets that decide how fast it computes."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

import torch

INSTRUCTION_SETS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")  # the names that decide the speed of training


@cache
def processor() -> str:
    """The processor's name, as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def instruction_sets() -> list[str]:
    """Those of `INSTRUCTION_SETS` that the processor has, and what torch compiled its kernels for."""
    has = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return [name for name in INSTRUCTION_SETS if has.get(name)] or [torch.backends.cpu.get_cpu_capability().lower()]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
