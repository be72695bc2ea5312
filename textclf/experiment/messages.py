"""Log messages of workers, which are sent to the parent process and logged there once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Message:
    """A log message that can be sent to another process."""

    level: int
    text: str

    def show(self) -> None:
        """Log the message in this process."""
        log.log(self.level, "%s", self.text)


@contextmanager
def redirected(send: Callable[[Message], None]) -> Iterator[None]:
    """Pass the log messages of this process to ``send`` instead of the log handlers."""
    handler = _Sender(send)
    propagate, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


@contextmanager
def shown_once() -> Iterator[None]:
    """Log equal messages once in this block."""
    once = _Once()
    log.addFilter(once)
    try:
        yield
    finally:
        log.removeFilter(once)


class _Sender(logging.Handler):
    def __init__(self, send: Callable[[Message], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        self._send(Message(record.levelno, record.getMessage()))


class _Once(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._shown: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        is_new = message not in self._shown
        self._shown.add(message)
        return is_new
