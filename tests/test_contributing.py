"""CONTRIBUTING.md: its examples are parts that pass their checks, and its table has the real signatures."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from helpers.commands import Cli

from textclf.registry import Registry

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = {
    re.findall(r'(\w+)S\.register\("(\w+)"', source)[0]: source
    for source in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
}
ROWS = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("|") and "`textclf." in line]


def imported(path: str) -> Any:
    module, _, name = path.strip(" `").rpartition(".")
    return getattr(import_module(module), name)


def parameters(function: Any) -> list[str]:
    """Return the parameters that are not keyword-only, as the table writes them."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*"}
    listed = inspect.signature(function).parameters.values()
    kept = [stars.get(each.kind, "") + each.name for each in listed if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    return [name for name in kept if name not in {"self", "cls"}]


def test_there_is_an_example_of_each_common_kind() -> None:
    assert [kind for kind, _ in EXAMPLES] == ["POOLING", "SCORE", "METRIC", "BASELINE"]


@pytest.mark.parametrize("part", EXAMPLES, ids="-".join)
def test_an_example_passes_its_checks_as_a_plugin(cli: Cli, tmp_path: Path, part: tuple[str, str]) -> None:
    (tmp_path / "mine.py").write_text(EXAMPLES[part], encoding="utf-8")
    kind, name = part
    done = cli("check-part", kind.lower(), name, "--plugin", "mine.py")
    assert done.returncode == 0, done.stdout
    assert "ok " in done.stdout


def test_an_option_of_an_example_is_listed(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(EXAMPLES["SCORE", "manhattan"], encoding="utf-8")
    lines = cli("list", "scores", "manhattan", "--plugin", "mine.py").stdout.splitlines()
    assert "scale                 1.0               The factor s." in lines


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_the_table_has_the_real_signatures(row: list[str]) -> None:
    _, base, registry, constructor, methods = row
    base, registry = imported(base), imported(registry)
    assert isinstance(registry, Registry)
    written = [name for name in re.split(r"[(), `]+", constructor) if name]
    for name in registry:
        part = registry[name]
        assert issubclass(part, base), name
        defined = getattr(part.__init__, "__module__", "").startswith("textclf.")  # not by torch or Python
        own = parameters(part.__init__) if defined else []
        assert [name for name in own if name not in part.Options.model_fields] == written, name
    for method, names in re.findall(r"`(\w+)\(([^)]*)\)`", methods):
        assert parameters(getattr(base, method)) == [name for name in names.split(", ") if name], method


def test_the_table_has_every_kind() -> None:
    kinds = {line.split("|")[1] for line in TEXT.splitlines() if re.match(r"\| [a-z ]+ \| `textclf/", line)}
    assert {row[0] for row in ROWS} == kinds
    assert len(kinds) == 11
