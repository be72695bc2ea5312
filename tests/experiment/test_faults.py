"""Real processes and signals: if a process is killed, no finished row is lost and no other process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from textclf.results.store import read_rows

LONG = "{encoder: lstm, epochs: 1000000, patience: null}"
SHORT = "{encoder: lstm, epochs: 1, patience: null}"
SECONDS_TO_DIE = 120  # far more than needed; reached only if a process is left


def write(folder: Path, reviews: Path, last: str) -> Path:
    path = folder / "grid.yaml"
    path.write_text(
        f"datasets: [{reviews}]\nseeds: [1]\nmodels: [{{encoder: majority}}, {{encoder: tfidf}}, {last}]\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short name, because a socket in it has a path of at most 108 characters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def running_grid(
    folder: Path, reviews: Path, temporary: Path
) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """Start a grid whose third run never ends; yield its process and the child processes after two runs."""
    command = [sys.executable, "-m", "textclf", "experiment", str(write(folder, reviews, LONG)), "--jobs", "1"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a background process of a shell ignores it
    ) as parent:
        assert parent.stderr is not None
        for line in parent.stderr:
            if line.startswith("[2/3]"):
                break
        children = psutil.Process(parent.pid).children(recursive=True)
        try:
            yield parent, children
        finally:
            for process in [parent, *children]:
                if process.poll() is None if isinstance(process, subprocess.Popen) else process.is_running():
                    process.kill()


def worker_of(children: list[psutil.Process]) -> psutil.Process:
    """Return the child of the forkserver: the only process whose parent is another child."""
    pids = {process.pid for process in children}
    (worker,) = [process for process in children if process.ppid() in pids]
    return worker


def statuses(folder: Path) -> dict[str, list[str]]:
    by_model: dict[str, list[str]] = {}
    for row in read_rows(folder / "results/grid"):
        by_model.setdefault(row.model, []).append(row.status)
    return by_model


def resume(folder: Path, reviews: Path) -> str:
    command = [sys.executable, "-m", "textclf", "experiment", str(write(folder, reviews, SHORT)), "--jobs", "1"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_parent_loses_no_finished_row_and_leaves_no_process(
    number: signal.Signals, tmp_path: Path, reviews: Path, temporary: Path
) -> None:
    with running_grid(tmp_path, reviews, temporary) as (parent, children):
        os.kill(parent.pid, number)
        _, alive = psutil.wait_procs(children, timeout=SECONDS_TO_DIE)
        assert alive == []
        errors = parent.communicate()[1]
    if number == signal.SIGINT:
        assert parent.returncode == 130
        assert errors == "interrupted: 2 of 3 runs are kept in results/grid; the same command resumes\n"
        left = [path.name for path in temporary.iterdir()]
        assert [name for name in left if not name.startswith("torchinductor")] == [], (
            "only torch's empty folder may be left"
        )
    kept = [*(tmp_path / "results").rglob("*"), *Path(os.environ["TEXTCLF_CACHE"]).iterdir()]
    assert [path.name for path in kept if "partial" in path.name] == []
    assert statuses(tmp_path) == {"majority": ["ok"], "tfidf": ["ok"]}
    progress = resume(tmp_path, reviews)
    assert statuses(tmp_path) == {"majority": ["ok"], "tfidf": ["ok"], "lstm": ["ok"]}
    assert "[3/3]" in progress
    assert "\n[1/3]" not in "\n" + progress, "finished runs are not repeated"


def test_the_run_of_a_killed_worker_fails_and_is_repeated(tmp_path: Path, reviews: Path, temporary: Path) -> None:
    with running_grid(tmp_path, reviews, temporary) as (parent, children):
        worker_of(children).kill()
        errors = parent.communicate()[1]
    assert parent.returncode == 1
    assert "killed by signal 9" in errors
    assert statuses(tmp_path) == {"majority": ["ok"], "tfidf": ["ok"], "lstm": ["failed"]}
    (failed,) = [row for row in read_rows(tmp_path / "results/grid") if row.status == "failed"]
    assert failed.error == "killed by signal 9"
    assert psutil.wait_procs(children, timeout=SECONDS_TO_DIE)[1] == []
    resume(tmp_path, reviews)
    assert statuses(tmp_path)["lstm"] == ["failed", "ok"]
    report = (tmp_path / "results/grid/README.md").read_text(encoding="utf-8")
    assert "failed" not in report.replace("0 failed", ""), "a failure is not reported after a later success"
