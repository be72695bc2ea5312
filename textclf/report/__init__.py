"""Reports: recorded rows -> tables, figures, Markdown. Nothing here needs torch."""

from textclf.report.bench import RECORDS, write_bench_report
from textclf.report.markdown import write_report
from textclf.report.terminal import print_summary

__all__ = ["RECORDS", "print_summary", "write_bench_report", "write_report"]
