"""Reports: recorded rows -> tables, figures, Markdown. Nothing here needs torch."""

from textclf.report.markdown import write_report
from textclf.report.terminal import print_summary

__all__ = ["print_summary", "write_report"]
