"""The environment variables that ``torchrun`` sets for each process that it starts; no other file reads them."""

from __future__ import annotations

import os

REQUIRED = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # in addition to WORLD_SIZE


def is_distributed() -> bool:
    """Return whether this process is one of several that train one model together."""
    return os.environ.get("WORLD_SIZE", "1") not in {"", "0", "1"}


def is_first() -> bool:
    """Return whether this process is the first of several, or the only one."""
    return not is_distributed() or os.environ.get("RANK") == "0"


def missing_variables() -> list[str]:
    """Return the names of the required variables that are not set."""
    return [name for name in REQUIRED if not os.environ.get(name)]


def processes_here() -> int:
    """Return how many of the processes run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1))


def store_address() -> tuple[str, int] | None:
    """Return host and port of torchrun's key-value store, which outlives the processes, or None if there is none."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    return os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
