"""How far an experiment is: a live line on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from textclf.experiment.spec import Run


def clock(seconds: float) -> str:
    """``75`` to ``1:15``; ``3675`` to ``1:01:15``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def dataset_name(run: Run) -> str:
    """A run's dataset, by its label or without the folders of a path."""
    return run.title(Path(run.config.settings.dataset).name)


def run_name(run: Run) -> str:
    """A run in a line: dataset, model, seed, fold."""
    settings = run.config.settings
    fold = "" if settings.fold is None else f" fold {settings.fold}"
    return f"{dataset_name(run)} {run.label} seed {settings.seed}{fold}"


class ExperimentProgress:
    """Tells of runs that start and end. A context manager.

    Parameters
    ----------
    planned : int
        How many runs the experiment has.
    done : int
        How many were done before.
    what : str
        What is counted, as ``"runs"``.
    """

    def __init__(self, planned: int, done: int, what: str = "runs") -> None:
        self.planned, self.done, self.already, self.what = planned, done, done, what
        self.started = time.monotonic()
        self.running: list[Run] = []
        self.best: dict[str, tuple[float, str]] = {}
        self.console = Console(stderr=True)
        self.live = Progress(
            TextColumn(what),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )
        self.task = self.live.add_task("", total=planned, completed=done)

    def __enter__(self) -> ExperimentProgress:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def start(self, run: Run) -> None:
        """A run has started."""
        self.running.append(run)
        self._show()

    def end(self, run: Run, message: str, score: float | None = None) -> None:
        """A run has ended, with a test accuracy if it went well."""
        self.running.remove(run)
        self.done += 1
        dataset = dataset_name(run)
        if score is not None and score > self.best.get(dataset, (-1.0, ""))[0]:
            self.best[dataset] = (score, run.label)
        counted = (
            f"[{self.done}/{self.planned}]" if self.what == "runs" else f"{self.what} [{self.done}/{self.planned}]"
        )
        line = f"{counted} {run_name(run)}: {message}"
        if not self.console.is_terminal:
            line += f" | {self._best(dataset)}{self._left()}"
        self.live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._show()

    def _best(self, dataset: str) -> str:
        score, label = self.best.get(dataset, (0.0, ""))
        return f"best {label} {100 * score:.1f} | " if label else ""

    def _left(self) -> str:
        ended = self.done - self.already
        if not ended:
            return ""
        return f"{clock((time.monotonic() - self.started) / ended * (self.planned - self.done))} left"

    def _show(self) -> None:
        now = run_name(self.running[-1]) if self.running else ""
        best = self._best(dataset_name(self.running[-1])) if now else ""
        self.live.update(self.task, completed=self.done, description=f"{self._left()} | {best}{now}")


def outcome_message(row: dict[str, Any]) -> str:
    """What a row says in a few words."""
    if row["status"] == "failed":
        return f"FAILED: {row['error']}"
    return f"accuracy {100 * row['metrics']['test']['accuracy']:.1f} in {clock(row['fit_seconds'])}"
