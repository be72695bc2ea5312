"""The processor: its name, its number of cores and the instruction sets that decide its speed."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

import torch

INSTRUCTION_SETS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")  # the sets that decide the speed of training


@cache
def processor() -> str:
    """Return the processor's name, as the operating system reports it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def instruction_sets() -> list[str]:
    """Return the members of `INSTRUCTION_SETS` that the processor has; if none, the name of torch's CPU kernels."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return [name for name in INSTRUCTION_SETS if capabilities.get(name)] or [
        torch.backends.cpu.get_cpu_capability().lower()
    ]


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
