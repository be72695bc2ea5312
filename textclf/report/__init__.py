"""Reports: tables, figures and pages of results, in several formats. Nothing here needs torch."""

from __future__ import annotations

from pathlib import Path

from textclf.paths import user_path
from textclf.report.formats import format_of


def write_report(folder: str | Path, format: str = "markdown") -> Path:
    """Write the report of a results folder into this folder; on an error, nothing changes.

    Parameters
    ----------
    folder : path
    format : str, default "markdown"
        The name of a format (see `textclf.report.formats.FORMATS`).

    Returns
    -------
    Path
        The file that was written; for Markdown, the page.

    Raises
    ------
    TextclfError
        If there is no such format, or if the folder is not a results folder, or cannot be read or written.
    """
    return format_of(format).write(user_path(folder))


def print_summary(folder: str | Path) -> None:
    """Print a table for each dataset on standard output, the best model first.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    from textclf.report.terminal import print_records
    from textclf.results.experiment_records import read_records

    print_records(read_records(folder))
