"""Commands in tests: run one that must pass or must be refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Cli = Callable[..., subprocess.CompletedProcess[str]]
FAST = ("--jobs", "2", "--no-speeds")


def contents(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(cli: Cli, folder: Path, *arguments: object) -> str:
    before = contents(folder)
    done = cli(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert contents(folder) == before, "nothing may be written"
    return done.stderr


def passed(cli: Cli, *arguments: object) -> str:
    done = cli(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def grid(folder: Path, datasets: object, models: str = "[{encoder: majority}]", name: str = "grid.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"datasets: {datasets}\nseeds: [1]\nmodels: {models}\n", encoding="utf-8")
    return path


def page(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")
