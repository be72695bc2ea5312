"""The origin of a row: code, versions and machine, without host names and paths."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from textclf.config import REVISION, RunConfig
from textclf.plugins import Package
from textclf.training.processor import cores, instruction_sets, processor

PACKAGES = ("textclf", "torch", "numpy", "scikit-learn", "tokenizers", "pandas")


def provenance(device: str, precision: str, threads: int, data_sha256: str) -> dict[str, Any]:
    """Return the ``provenance`` of a row."""
    return {
        "commit": commit(),
        "revision": REVISION,
        "versions": versions(),
        "machine": machine(),
        "instruction_sets": instruction_sets(),
        "device": device,
        "precision": precision,
        "threads": threads,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_sha256": data_sha256,
    }


def outside_parts(config: RunConfig) -> dict[str, dict[str, str]]:
    """Return the plug-ins (file name: sha256) and the packages (name: version) that define parts of a run, if any."""
    origins = {registry.origin(name) for registry, name in config.parts()}
    plugins = {plugin.name: plugin.sha256 for plugin in config.plugins}
    packages = {origin.name: origin.version for origin in origins if isinstance(origin, Package)}
    return {key: value for key, value in (("plugins", plugins), ("packages", packages)) if value}


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of `PACKAGES`."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


@cache
def commit() -> str | None:
    """Return the commit of the code, followed by ``+`` if files have changed since; None outside a checkout."""
    code = Path(__file__).parents[1]

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(code), *words], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    if git("ls-files", "--error-unmatch", __file__) is None:  # the package may be installed in another checkout
        return None
    changed = git("status", "--porcelain", "--", str(code))
    return f"{git('rev-parse', '--short=10', 'HEAD')}{'+' if changed else ''}"


@cache
def machine() -> str:
    """Return the processor's name and the number of usable cores."""
    return f"{processor()}, {cores()} cores"
