"""Tasks: how labels are learned, predicted and measured.

A task is one file here and one line below; the most general task comes first.
"""

from __future__ import annotations

from textclf.data.examples import Examples
from textclf.errors import ConfigurationError, Problem
from textclf.metrics import metric_of
from textclf.registry import Registry
from textclf.tasks.task import Task

TASKS = Registry(
    "task",
    {
        "single_label": "textclf.tasks.single_label:SingleLabel",
        "ranking": "textclf.tasks.ranking:Ranking",
    },
    "textclf.tasks",
)


def task_of(name: str) -> Task:
    """Return the task of that name."""
    task: Task = TASKS.build(name)
    return task


def name_of_task(*splits: Examples) -> str:
    """Return the name of the most specific task, the last one in `TASKS`, that fits the splits of a corpus."""
    return next(name for name in reversed(list(TASKS)) if TASKS[name].fits(*splits))


def deciding_metric(select_by: str | None, task: str, *splits: Examples) -> str:
    """Return the name of the metric that chooses the best epoch: ``select_by``, or else the default of ``task``.

    Raises
    ------
    ConfigurationError
        If the metric needs groups, and one of ``splits`` has no groups.
    """
    name: str = select_by or TASKS[task].decides
    if metric_of(name).needs_groups and any(examples.groups is None for examples in splits):
        raise ConfigurationError(
            Problem(
                "select_by",
                f"{name} ranks the rows of each group, and the data have no groups; choose another metric, such as "
                f"{TASKS[task].decides}, or give every file a column group",
            )
        )
    return name
