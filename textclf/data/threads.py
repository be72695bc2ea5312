"""Apply a function on several Python threads; each thread uses one core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

MOST = 8  # threads: each thread takes memory, and only one thread runs Python code at a time

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Apply ``function`` to each item, and return the results in the items' order.

    There are as many threads as torch may use, but at most `MOST`. Two threads that each compute an item take about
    half the time of one thread. Two threads that share each matrix product gain far less, because the products of a
    small model are short.
    """
    before = torch.get_num_threads()
    threads = min(before, MOST, len(items))
    if threads < 2:
        return list(map(function, items))
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(function, items))
    finally:
        torch.set_num_threads(before)  # torch keeps the number that was set last, also for later threads
