"""Parts that are registered during a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textclf.registry import Registry


@contextmanager
def registered(*parts: tuple[Registry, str, type]) -> Iterator[None]:
    """Inside, each (registry, name, part) is registered."""
    for registry, name, part in parts:
        registry.register(name, part)
    try:
        yield
    finally:
        for registry, name, _ in parts:
            del registry._parts[name]
