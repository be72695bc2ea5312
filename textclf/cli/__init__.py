"""The command line: one file for each command. Commands import slow packages inside functions."""

from __future__ import annotations

import errno
import io
import logging
import sys
from typing import Any

DEBUG = "--debug"
INTERRUPTED = 130


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 a run failed, 2 wrong input or configuration, 130 after Ctrl-C."""
    arguments = sys.argv[1:]
    debug = DEBUG in arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal's encoding may lack a character
    sys.exit(call([argument for argument in arguments if argument != DEBUG], debug))


def call(arguments: list[str], debug: bool = False) -> int:
    """Run a command and return its exit status; with ``debug``, raise errors other than wrong usage."""
    from typer import Abort, BadParameter

    from textclf.cli.app import app
    from textclf.cli.output import MessageHandler, print_message, prints_errors
    from textclf.errors import Interrupted, RunError, TextclfError
    from textclf.plugins import readable_errors

    wrong_use: Any = BadParameter.__mro__[1]  # the base of Typer's usage errors has no public name
    logging.basicConfig(format="%(message)s", level=logging.WARNING, handlers=[MessageHandler()], force=True)
    try:
        with readable_errors():
            status = app(arguments, prog_name="textclf", standalone_mode=False) or 0
        if status == INTERRUPTED:  # Typer turns Ctrl-C into this status
            raise KeyboardInterrupt
        return status
    except (KeyboardInterrupt, Abort, Interrupted) as error:
        if prints_errors():
            print_message(f"interrupted: {error}" if isinstance(error, Interrupted) else "interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # otherwise Python prints a second error about the pipe
        return 1
    except OSError as error:
        if debug or error.errno != errno.ENOSPC:
            raise
        if prints_errors():
            print_message(f"textclf: the output cannot be written ({error.strerror}); make room, then try again")
        return 2
    except wrong_use as error:
        if prints_errors():
            shown = io.StringIO()
            error.show(shown)
            print_message(shown.getvalue().rstrip("\n"))
        return 2
    except TextclfError as error:
        if debug:
            raise
        if prints_errors():
            print_message(f"textclf: {error}")
        return 1 if isinstance(error, RunError) else 2
