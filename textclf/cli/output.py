"""What commands print: JSON for programs on standard output, one document; words for people."""

from __future__ import annotations

import json
import os
from typing import Any

import typer


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def one_of_several() -> bool:
    """Whether this process was started beside others, to train one model together (``torchrun``)."""
    return os.environ.get("WORLD_SIZE", "1") not in {"", "0", "1"}


def tells_errors() -> bool:
    """Whether to tell of an error here: of several processes only the first to have one tells it."""
    if not one_of_several():
        return True
    from textclf.training.parallel import first_to_fail

    return first_to_fail()
