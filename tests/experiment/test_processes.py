"""The local backend: how many jobs run at once, and their log messages."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from textclf.errors import ConfigurationError
from textclf.experiment.backends import processes
from textclf.experiment.grid import run_experiment


def double(job: int) -> int:
    return 2 * job


def complain(job: int) -> int:
    logging.getLogger("textclf").warning("%s is odd", job)
    if job == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def events(workers: int) -> list[str]:
    """Return the events in order: ``+job`` for a start, ``-`` for an end."""
    seen: list[str] = []
    for outcome in processes.outcomes(double, [1, 2, 3], workers, lambda job: seen.append(f"+{job}")):
        assert outcome.value == 2 * outcome.job
        seen.append("-")
    return seen


def test_no_more_jobs_run_at_once_than_there_are_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "available_bytes", lambda: 2**60)
    assert events(2)[:2] == ["+1", "+2"]
    assert events(1)[0] == "+1"
    assert sorted(events(3)) == ["+1", "+2", "+3", "-", "-", "-"]


def test_warnings_of_workers_are_logged_in_the_parent_process(caplog: pytest.LogCaptureFixture) -> None:
    found = {outcome.job: (outcome.value, outcome.error) for outcome in processes.outcomes(complain, [3, 5], 1)}
    assert found == {3: (3, None), 5: (None, "killed by signal 9")}
    messages = [(record.levelname, record.name, record.getMessage()) for record in caplog.records]
    assert messages == [("WARNING", "textclf", "3 is odd"), ("WARNING", "textclf", "5 is odd")]


def test_a_warning_of_several_runs_is_shown_once_in_an_experiment(
    reviews: Path, tmp_path: Path, cli: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The parent process warns about empty texts; the workers warn about long words."""
    with reviews.open("a", encoding="utf-8") as file:
        file.write(",pos\n" + f"{'z' * 1001} film,neg\n" * 40)
    file = tmp_path / "grid.yaml"
    file.write_text(
        f"datasets: [{{name: {reviews}, folds: 2}}]\nmodels: [{{encoder: majority}}, {{encoder: tfidf}}]\n",
        encoding="utf-8",
    )
    done = cli("experiment", file, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert "[4/4]" in done.stderr
    assert done.stderr.count("1 empty texts") == 1
    assert done.stderr.count("has 1001 characters") == 1


def test_jobs_run_one_at_a_time_without_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "available_bytes", lambda: 0)
    assert events(3) == ["+1", "+2", "-", "+3", "-", "-"] == events(1)


def test_the_first_job_may_start_without_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "available_bytes", lambda: 0)
    assert processes.Memory().has_room([])
    assert not processes.Memory().has_room([1])


def test_a_share_of_a_gpu_is_refused_without_a_gpu(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    file = tmp_path / "grid.yaml"
    file.write_text(f"datasets: [{reviews}]\nmodels: [{{encoder: majority}}]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"--gpus: 0\.25 a run, but there is no GPU here"):
        run_experiment(file, tmp_path / "out", gpus=0.25)
    assert not (tmp_path / "out").exists()
