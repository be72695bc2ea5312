"""Fixtures that several test files share: a small labelled file and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from textclf.plugins import unload_plugins

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the import of torch; one test process runs on each core

WORDS = ["film", "plot", "actor", "scene", "story", "end"]


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads the user's data or writes to the user's cache."""
    monkeypatch.delenv("TEXTCLF_DATA", raising=False)
    monkeypatch.delenv("TEXTCLF_CACHE_LIMIT", raising=False)
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(autouse=True)
def _without_plugins() -> Iterator[None]:
    """After each test, unload the plug-ins that it loaded."""
    yield
    unload_plugins()


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A CSV file of 80 texts of two classes; one word decides the class."""
    lines = ["text,label"]
    for number in range(40):
        about = f"{WORDS[number % 6]} {WORDS[number % 5]} number {number}"
        lines += [f"a good {about},pos", f"a bad {about},neg"]
    path = tmp_path / "reviews.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny language model with random weights. Tests that change its files copy it first."""
    from helpers.language_model import tiny_language_model

    return tiny_language_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def textclf(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the real command line in ``tmp_path``."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "textclf", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in ``tmp_path`` inside this process, which is seconds faster than a new process."""
    from textclf.cli import call

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        status = call(list(map(str, arguments)))
        captured = capsys.readouterr()
        return subprocess.CompletedProcess(list(arguments), status, captured.out, captured.err)

    return run
