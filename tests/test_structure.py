"""The package's structure: sizes of files and unique names."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "textclf").rglob("*.py"))
LONGEST, LONGEST_TEST = 250, 300  # lines


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_too_long() -> None:
    assert {str(path): lines(path) for path in PACKAGE if lines(path) > LONGEST} == {}
    tests = (ROOT / "tests").rglob("*.py")
    assert {str(path): lines(path) for path in tests if lines(path) > LONGEST_TEST} == {}


def test_no_two_modules_have_the_same_name() -> None:
    names = Counter(path.name for path in PACKAGE if path.name not in {"__init__.py"})
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_classes_have_the_same_name() -> None:
    classes = Counter(
        node.name
        for path in PACKAGE
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1] == []
