"""Output of the commands: results on standard output, as text or one JSON document; messages on standard error."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import typer

from textclf.errors import OutputError
from textclf.escape import printable_json, visible
from textclf.training.launch import is_distributed

LINE = 78  # characters of a line of text


def print_text(text: str) -> None:
    """Print text unchanged on standard output; raise `OutputError` if standard output cannot be written."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror}); send it elsewhere") from None


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    utf8 = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    print_text(printable_json(json.dumps(value, ensure_ascii=not utf8, indent=2)))


def print_line(line: str) -> None:
    """Print a line on standard output, with control characters made visible."""
    print_text(visible(line))


def print_message(message: object) -> None:
    """Print a message on standard error, with control characters made visible."""
    print(visible(message, keep="\n"), file=sys.stderr)


class MessageHandler(logging.Handler):
    """Print log messages with `print_message`, also during a progress display."""

    def emit(self, record: logging.LogRecord) -> None:
        print_message(self.format(record))


def prints_errors() -> bool:
    """Return whether this process prints its error; of several processes, only the first that fails prints one."""
    if not is_distributed():
        return True
    from textclf.training.parallel import first_to_fail

    return first_to_fail()
