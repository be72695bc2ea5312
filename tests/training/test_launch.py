"""Only one file reads torchrun's environment variables."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import textclf
from textclf.training import launch

PACKAGE = Path(textclf.__file__).parent
VARIABLES = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}


def variables_in(path: Path) -> set[str]:
    """The names of torchrun's variables among the strings of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {name for name in strings if name in VARIABLES or name.startswith("TORCHELASTIC_")}


def test_one_file_reads_torchruns_variables() -> None:
    readers = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if variables_in(path)}
    assert readers == {"training/launch.py"}
    assert variables_in(PACKAGE / "training/launch.py") == {*VARIABLES, "TORCHELASTIC_USE_AGENT_STORE"}


@pytest.mark.parametrize(
    ("world", "rank", "distributed", "first"),
    [
        (None, None, False, True),
        ("1", "0", False, True),
        ("", "1", False, True),
        ("2", "0", True, True),
        ("2", "1", True, False),
        ("2", None, True, False),
    ],
)
def test_world_size_and_rank_decide(
    world: str | None, rank: str | None, distributed: bool, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WORLD_SIZE", world), ("RANK", rank)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert (launch.is_distributed(), launch.is_first()) == (distributed, first)
