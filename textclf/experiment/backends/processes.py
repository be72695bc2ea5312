"""The local backend: one process for each job, forked from a server process that has done the heavy imports.

The process pool of `concurrent.futures` does not suffice: a killed worker breaks the pool, and the workers outlive a
killed parent. Here a killed worker is one failed outcome, and a thread in each worker ends the process when the parent
is gone. A further job starts only if more memory is free than the largest process so far has used.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import psutil

from textclf.errors import TextclfError
from textclf.experiment.messages import Message, redirected

PRELOADED = ["textclf.experiment.preload"]
T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """A finished job with its ``value``, or with an ``error`` if it failed."""

    job: Any
    value: Any = None
    error: str | None = None


def outcomes(
    work: Callable[[Any], Any],
    jobs: Iterable[Any],
    workers: int,
    on_start: Callable[[Any], None] = lambda job: None,
) -> Iterator[Outcome]:
    """Call ``work(job)`` for each job, in at most ``workers`` processes at once.

    Parameters
    ----------
    work : callable
        A function that a new process can import. Jobs and values must be picklable.
    jobs : iterable
    workers : int
    on_start : callable, optional
        Called with each job when it starts.

    Yields
    ------
    Outcome
        In order of completion. Log messages of the workers are logged here at once. When the iterator is closed, also
        by Ctrl-C, the running workers are killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    waiting = iter(jobs)
    running: dict[Any, tuple[BaseProcess, Any]] = {}  # keyed by the receiving end of the pipe
    memory = Memory()

    def start() -> None:
        while len(running) < workers and memory.has_room([process.pid for process, _ in running.values()]):
            try:
                job = next(waiting)
            except StopIteration:
                return
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_worker, args=(work, job, sender), daemon=True)
            process.start()
            sender.close()  # so that the pipe closes when the worker ends
            running[receiver] = (process, job)
            on_start(job)

    try:
        start()
        while running:
            receiver: Any
            for receiver in wait(list(running)):
                process, job = running[receiver]
                outcome = _receive(receiver, process, job)
                if outcome is not None:
                    del running[receiver]
                    start()
                    yield outcome
    finally:
        for process, _ in running.values():
            process.kill()
        for process, _ in running.values():
            process.join()


class Memory:
    """Estimates whether the free memory suffices for one more process as large as the largest so far."""

    def __init__(self) -> None:
        self._largest = 0

    def has_room(self, running: Iterable[int | None]) -> bool:
        """Return whether one more process may start while ``running`` run; the first process may always start."""
        sizes = [_bytes_of(process) for process in running]
        self._largest = max([self._largest, *sizes])
        return not sizes or available_bytes() > self._largest


def available_bytes() -> int:
    """Return the memory that a new process can use without swapping."""
    return psutil.virtual_memory().available


def _bytes_of(process: int | None) -> int:
    with contextlib.suppress(psutil.Error):  # the process has just ended
        return psutil.Process(process).memory_info().rss
    return 0


def value_or_error(work: Callable[[], T], send: Callable[[Message], None]) -> tuple[T | None, str | None]:
    """Call ``work``, and pass its log messages to ``send``.

    Returns
    -------
    value : object or None
        The value of ``work()``; None if it raised an exception.
    error : str or None
        The message of the exception.
    """
    try:
        with redirected(send):
            return work(), None
    except TextclfError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _receive(receiver: Connection, process: BaseProcess, job: Any) -> Outcome | None:
    """Return the outcome; None if the worker sent a log message, which is logged here, and still runs."""
    try:
        received = receiver.recv()
    except EOFError:
        received = None, None
    if isinstance(received, Message):
        received.show()
        return None
    value, error = received
    receiver.close()
    process.join()
    if value is None and error is None:
        code = process.exitcode or 0
        error = f"killed by signal {-code}" if code < 0 else f"its process ended early with exit status {code}"
    return Outcome(job, value, error)


def _worker(work: Callable[[Any], Any], job: Any, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sender.send(value_or_error(partial(work, job), sender.send))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
