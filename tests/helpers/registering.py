"""Parts that are registered during a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from textclf.catalogue import Catalogue


@contextmanager
def registered(*parts: tuple[Catalogue, str, object]) -> Iterator[None]:
    """Register each (registry, name, part) inside the block, and remove it afterwards."""
    with ExitStack() as stack:
        for registry, name, part in parts:
            registry.register(name, part)
            stack.callback(registry.unregister, name)
        yield
