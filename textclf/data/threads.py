"""Apply a function on several Python threads; each thread uses one core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

MOST = 8  # threads: each thread takes memory, and only one thread runs Python code at a time
AHEAD = 2  # results of each thread that may wait until they are needed

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Apply ``function`` to each item, and return the results in the items' order.

    There are as many threads as torch may use, but at most `MOST`. Two threads that each compute an item take about
    half the time of one thread. Two threads that share each matrix product gain far less, because the products of a
    small model are short.
    """
    return list(each_on_threads(function, items))


def each_on_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
    """Yield the results of `on_threads` one by one; at most `AHEAD` results of each thread wait in memory."""
    before = torch.get_num_threads()
    threads = min(before, MOST, len(items))
    if threads < 2:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(function, item))
                    if len(waiting) > AHEAD * threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:  # after an error, the pool need not wait for results that nobody reads
                    future.cancel()
    finally:
        torch.set_num_threads(before)  # torch keeps the number that was set last, also for later threads
