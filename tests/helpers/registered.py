"""A part that is registered for the time of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textclf.registry import Registry


@contextmanager
def registered(registry: Registry, name: str, part: type) -> Iterator[None]:
    """Inside, ``registry`` has the part ``name``."""
    registry.register(name, part)
    try:
        yield
    finally:
        del registry._parts[name]
