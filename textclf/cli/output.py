"""What commands print: JSON for programs on standard output, one document; words for people."""

from __future__ import annotations

import json
from typing import Any

import typer


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
