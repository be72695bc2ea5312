"""A spinner on the terminal during a step that takes time."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from textclf.escape import visible


def busy(what: str) -> Progress:
    """Return a context manager that shows ``what`` with a spinner and the elapsed seconds on standard error.

    It shows nothing if standard error is not a terminal. Other output appears above the spinner.
    """
    console = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    progress.add_task(visible(what), total=None)
    return progress
