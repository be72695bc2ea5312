"""A line on a terminal that moves while something takes time."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from textclf.escape import visible


def busy(what: str) -> Progress:
    """Return a context manager that shows ``what`` on standard error, with a spinner and the seconds so far.

    Elsewhere than on a terminal it shows nothing. What is printed meanwhile stands above the line.
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
