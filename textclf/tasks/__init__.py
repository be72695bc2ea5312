"""Tasks: what the classes of a dataset mean. A task is one file here and one line below, the most special first."""

from __future__ import annotations

from textclf.data.examples import Examples
from textclf.registry import Registry
from textclf.tasks.task import Task

TASKS = Registry(
    "task",
    {
        "ranking": "textclf.tasks.ranking:Ranking",
        "single_label": "textclf.tasks.single_label:SingleLabel",
    },
    "textclf.tasks",
)


def task_of(name: str) -> Task:
    """The task of that name."""
    return TASKS.build(name)


def name_of_task(examples: Examples) -> str:
    """The name of the first task that fits the examples."""
    return next(name for name in TASKS if TASKS[name].fits(examples))
