"""Commands whose help lists the parts of a registry, which is imported only for the help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from typer.core import TyperCommand


def listing_command(title: str, entries: Callable[[], Iterable[tuple[str, str]]]) -> type[TyperCommand]:
    """Create a class of commands whose help ends in a list of names with descriptions, under ``title``."""

    class ListingCommand(TyperCommand):
        def format_epilog(self, ctx: Any, formatter: Any) -> None:
            with formatter.section(title):
                formatter.write_dl(list(entries()))

    return ListingCommand
