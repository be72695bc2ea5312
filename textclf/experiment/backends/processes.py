"""One process a job, so many side by side; started from a forkserver that has the heavy imports done.

Data that jobs read is written to a file once, from which each worker loads it: that is faster than parsing it again.

A process pool cannot do this: a worker that is killed takes the pool with it, and workers outlive a killed parent.
Here a worker that dies is one failed outcome, and a thread in each worker ends it when the parent is gone. A job starts
beside others only where memory is left for one as large as the largest so far.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from textclf.errors import TextclfError
from textclf.experiment.messages import Message, redirected

PRELOADED = ["textclf.experiment.preload"]


@dataclass(frozen=True)
class Outcome:
    """What came of a job: its ``value``, or else an ``error``."""

    job: Any
    value: Any = None
    error: str | None = None


def outcomes(
    work: Callable[[Any], Any],
    jobs: Iterable[Any],
    workers: int,
    on_start: Callable[[Any], None] = lambda job: None,
) -> Iterator[Outcome]:
    """Do ``work(job)`` for each job, at most ``workers`` at once.

    Parameters
    ----------
    work : callable
        A function that a new process can import; its value must pickle.
    jobs : iterable
        Those that have the same ``data`` share it.
    workers : int
    on_start : callable, optional
        Is told each job as it starts.

    Yields
    ------
    Outcome
        In order of completion. Log messages of workers are shown here as they come.
        When the iterator is closed, by an interrupt too, workers still running are ended.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    waiting = iter(jobs)
    running: dict[Any, tuple[BaseProcess, Any]] = {}  # by the end of the pipe that its answer comes through
    memory, files = Memory(), Files()

    def start() -> None:
        while len(running) < workers and memory.has_room([process.pid for process, _ in running.values()]):
            try:
                job = next(waiting)
            except StopIteration:
                return
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_worker, args=(work, *files.without_data(job), sender), daemon=True)
            process.start()
            sender.close()  # so that the pipe ends when the worker does
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
        files.remove()


class Files:
    """Temporary files, one for the data of all jobs that share it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._of: dict[int, tuple[Any, Path | None]] = {}  # the data too, so that its id stays its own

    def without_data(self, job: Any) -> tuple[Any, Path | None]:
        """The job without its data, and the file that holds it; where none can be written, the worker reads anew."""
        data = getattr(job, "data", None)
        if data is None:
            return job, None
        if id(data) not in self._of:
            self._of[id(data)] = data, self._write(data)
        return replace(job, data=None), self._of[id(data)][1]

    def _write(self, data: Any) -> Path | None:
        try:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="textclf-")
            path = Path(self._folder.name) / str(len(self._of))
            with path.open("wb") as file:
                pickle.dump(data, file, pickle.HIGHEST_PROTOCOL)
        except OSError:
            return None
        return path

    def remove(self) -> None:
        """Remove them."""
        if self._folder is not None:
            self._folder.cleanup()


class Memory:
    """Whether another process would find memory, as far as those that ran tell."""

    def __init__(self) -> None:
        self._largest = 0

    def has_room(self, running: Iterable[int | None]) -> bool:
        """Whether one more may start beside the processes ``running``; where there is none, it always may."""
        sizes = [_bytes_of(process) for process in running]
        self._largest = max([self._largest, *sizes])
        return not sizes or available_bytes() > self._largest


def available_bytes() -> int:
    """Memory that a new process may have without pushing others out."""
    return psutil.virtual_memory().available


def _bytes_of(process: int | None) -> int:
    with contextlib.suppress(psutil.Error):  # it has just ended
        return psutil.Process(process).memory_info().rss
    return 0


def _receive(receiver: Connection, process: BaseProcess, job: Any) -> Outcome | None:
    """The outcome; None where the worker sent a log message, which is shown, and goes on."""
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


def _worker(work: Callable[[Any], Any], job: Any, file: Path | None, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    answer: tuple[Any, str | None]
    try:
        with redirected(sender.send):
            answer = (work(job if file is None else replace(job, data=pickle.loads(file.read_bytes()))), None)
    except TextclfError as error:
        answer = (None, str(error))
    except Exception as error:
        answer = (None, f"{type(error).__name__}: {error}")
    sender.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
