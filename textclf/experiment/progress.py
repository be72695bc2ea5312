"""Progress of an experiment on standard error: a live line on a terminal, else one plain line for each run."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from textclf.escape import visible
from textclf.experiment.spec import Run
from textclf.metrics import text_of, title_of
from textclf.results.rows import OkRow, RunRow

BAR_WIDTH, OTHER_WIDTH = 13, 30  # characters of the bar, and of all other columns except the description
MIN_WIDTH_WITH_BAR = 60  # characters of a terminal line; narrower terminals show no bar


def clock(seconds: float) -> str:
    """Format seconds: ``75`` as ``1:15``, ``3675`` as ``1:01:15``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def dataset_name(run: Run) -> str:
    """Return the label of a run's dataset; without one, its name or the last part of its path."""
    return run.title(Path(run.config.settings.dataset).name)


def run_name(run: Run) -> str:
    """Return a run's dataset, model, seed and fold as one line."""
    settings = run.config.settings
    fold = "" if settings.fold is None else f" fold {settings.fold}"
    return visible(f"{dataset_name(run)} {run.label} seed {settings.seed}{fold}")


class ExperimentProgress:
    """The progress display of an experiment. A context manager.

    Parameters
    ----------
    planned : int
        The number of runs.
    done : int
        The number of runs that are done already.
    what : str
        The plural noun for what is counted, such as ``"runs"``.
    """

    def __init__(self, planned: int, done: int, what: str = "runs") -> None:
        self.planned, self.done, self.done_before, self.what = planned, done, done, what
        self.started = time.monotonic()
        self.running: list[Run] = []
        self.console = Console(stderr=True)
        self.live = Progress(
            SpinnerColumn(),
            TextColumn(what),
            *([BarColumn(bar_width=BAR_WIDTH - 1)] if self.console.width >= MIN_WIDTH_WITH_BAR else []),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )
        self.task = self.live.add_task("starting", total=planned, completed=done)

    def __enter__(self) -> ExperimentProgress:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def start(self, run: Run) -> None:
        """Show that a run has started."""
        self.running.append(run)
        self._show()

    def end(self, run: Run, message: str) -> None:
        """Show that a run has ended."""
        self.running.remove(run)
        self.done += 1
        unit = "" if self.what == "runs" else f"{self.what} "
        line = f"{unit}[{self.done}/{self.planned}] {run_name(run)}: {visible(message)}"
        if not self.console.is_terminal:
            line += f" | {self._left()}"
        self.live.console.print(Text(line), soft_wrap=not self.console.is_terminal)
        self._show()

    def _left(self) -> str:
        ended = self.done - self.done_before
        if not ended:
            return ""
        return f"{clock((time.monotonic() - self.started) / ended * (self.planned - self.done))} left"

    def _show(self) -> None:
        now = self.running[-1] if self.running else None
        description = Text(" | ".join(filter(None, [self._left(), run_name(now) if now else ""])))
        # Keep the line shorter than the terminal, which prints ^C after it: a wrapped line would not be erased.
        taken = OTHER_WIDTH + (BAR_WIDTH if self.console.width >= MIN_WIDTH_WITH_BAR else 0)
        description.truncate(max(self.console.width - taken, 0), overflow="ellipsis")
        self.live.update(self.task, completed=self.done, description=description.plain)


def outcome_message(row: RunRow) -> str:
    """Return a row in a few words: the error, or the deciding metric with the seconds and the warnings."""
    if not isinstance(row, OkRow):
        return f"FAILED: {row.error}"
    warnings = "".join(f"; {warning}" for warning in row.warnings)
    return f"{title_of(row.select_by)} {text_of(row.select_by, row.value)} in {clock(row.fit_seconds)}{warnings}"
