"""Report formats. A format is one file here and one line below; ``textclf report --format`` takes its name."""

from __future__ import annotations

from textclf.registry import Registry
from textclf.report.formats.format import Format

FORMATS = Registry(
    "format",
    {
        "csv": "textclf.report.formats.csv:Csv",
        "latex": "textclf.report.formats.latex:Latex",
        "markdown": "textclf.report.formats.markdown:Markdown",
    },
    "textclf.report_formats",
)


def format_of(name: str) -> Format:
    """Return the format of that name.

    Raises
    ------
    ConfigurationError
        If no format has that name.
    """
    report_format: Format = FORMATS.build(name)
    return report_format
