"""The command line: one file a command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import logging
import sys
from typing import Any

DEBUG = "--debug"


def main() -> None:
    """Run the command line; exit with 0 done, 1 a run failed, 2 wrong input or configuration, 130 after Ctrl-C."""
    arguments = sys.argv[1:]
    debug = DEBUG in arguments
    sys.exit(call([argument for argument in arguments if argument != DEBUG], debug))


def call(arguments: list[str], debug: bool = False) -> int:
    """The exit status of the command line ``arguments``; with ``debug``, errors are raised."""
    from typer import Abort, BadParameter

    from textclf.cli.app import app
    from textclf.cli.output import tells_errors
    from textclf.errors import TextclfError, TrainingError

    wrong_use: Any = BadParameter.__mro__[1]  # Typer gives the base of its usage errors no public name
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    try:
        return app(arguments, prog_name="textclf", standalone_mode=False) or 0
    except (KeyboardInterrupt, Abort):
        if tells_errors():
            print("interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains of the pipe once more
        return 1
    except wrong_use as error:
        if tells_errors():
            error.show()
        return 2
    except TextclfError as error:
        if debug:
            raise
        if tells_errors():
            print(f"textclf: {error}", file=sys.stderr)
        return 1 if isinstance(error, TrainingError) else 2
