"""``textclf list vectors``: the word vectors that have a name, with their origin and their license."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from textclf.cli.output import LINE
from textclf.data import wordllama
from textclf.errors import install

NAME = 16  # characters of the first column


def describe_vectors() -> list[dict[str, Any]]:
    """Return the name, dimensions, origin and license of word vectors, and which version is installed.

    Without the package, ``license`` and ``installed`` are None; ``install`` says how to install it.
    """
    package = wordllama.find_wordllama()
    return [
        {
            "name": wordllama.NAME,
            "dimensions": wordllama.DIM,
            "origin": wordllama.ORIGIN,
            "license": None if package is None else wordllama.license_of(package),
            "installed": None if package is None else package.version,
            "install": install("pretrained"),
        }
    ]


def vector_lines(vectors: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a list of word vectors."""
    for entry in vectors:
        installed = f"{entry['license']}; installed, version {entry['installed']}"
        state = installed if entry["installed"] is not None else f"not installed: {entry['install']}"
        line = f"{entry['name']:<{NAME}}{entry['origin']}; {state}"
        yield from textwrap.wrap(line, LINE, subsequent_indent=" " * NAME)
