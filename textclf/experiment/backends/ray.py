"""One task a job on an existing Ray cluster, which the environment or this machine's running node tells of.

What jobs read is put into the cluster's object store once. A task whose worker or node is lost is tried again
elsewhere; whatever it does twice, one outcome comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from textclf.errors import ConfigurationError, TextclfError, install
from textclf.experiment.backends.processes import Outcome
from textclf.experiment.messages import Message, redirected
from textclf.experiment.preparation import Data
from textclf.experiment.spec import Job

try:
    import ray
    from ray.exceptions import RayError
except ImportError:
    raise ConfigurationError(f"--backend ray needs Ray: {install('ray')}") from None

RETRIES = 3  # of a job whose worker or node is lost


def outcomes(
    work: Callable[[Job], Any],
    jobs: Sequence[Job],
    workers: int | None = None,
    on_start: Callable[[Job], None] = lambda job: None,
    gpus: float = 0.0,
) -> Iterator[Outcome]:
    """Do ``work(job)`` for each job somewhere on the cluster.

    Parameters
    ----------
    work : callable
        A function that the cluster's machines can import.
    jobs : sequence of Job
        Those that read the same data share it.
    workers : int, optional
        At most so many at once; by default as many as the cluster has cores.
    on_start : callable, optional
        Is told each job as it is handed to the cluster.
    gpus : float, default 0
        The share of a GPU that a job asks for.

    Yields
    ------
    Outcome
        In order of completion. Log messages of a job are shown here when it is done.
        When the iterator is closed, by an interrupt too, jobs still running are ended.

    Raises
    ------
    ConfigurationError
        If no cluster is found, or it has no GPU where some is asked for.
    """
    own = not ray.is_initialized()
    if own:
        _connect()
    running: dict[Any, Job] = {}
    try:
        resources = ray.cluster_resources()
        if gpus > resources.get("GPU", 0.0):
            raise ConfigurationError(
                f"--gpus: {gpus:g} a run, but the cluster has {resources.get('GPU', 0.0):g}; ask for less"
            )
        task = ray.remote(_answer).options(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)
        read = {id(job.data): job.data for job in jobs if job.data is not None}
        stored: dict[int, Any] = {key: ray.put(_in_memory(data)) for key, data in read.items()}
        waiting = iter(jobs)
        window = workers or max(1, int(resources.get("CPU", 1)))

        def start() -> None:
            for job in waiting:
                running[task.remote(work, replace(job, data=None), stored.get(id(job.data)))] = job
                on_start(job)
                if len(running) == window:
                    return

        start()
        while running:
            for done in ray.wait(list(running))[0]:
                job = running.pop(done)
                outcome = _receive(done, job)
                start()
                yield outcome
    finally:
        for task_of_job in running:
            ray.cancel(task_of_job, force=True)
        if own:
            ray.shutdown()


def _connect() -> None:
    try:
        ray.init(address="auto", logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, TimeoutError) as error:
        raise ConfigurationError(
            "--backend ray: no Ray cluster is found; start one (ray start --head), or name one in RAY_ADDRESS "
            f"({str(error).splitlines()[0]})"
        ) from None


def _in_memory(data: Data) -> Data:
    """The same data; a memory-mapped file stays where it is mapped, an array travels."""
    vectors = data.vectors
    if vectors is None:
        return data
    return replace(data, vectors=replace(vectors, matrix=np.array(vectors.matrix), table=None))


def _answer(work: Callable[[Job], Any], job: Job, data: Data | None) -> tuple[Any, str | None, list[Message]]:
    """A job's value, or what went wrong (an exception would be taken for the cluster's), and its log messages."""
    messages: list[Message] = []
    try:
        with redirected(messages.append):
            return work(replace(job, data=data)), None, messages
    except TextclfError as error:
        return None, str(error), messages
    except Exception as error:
        return None, f"{type(error).__name__}: {error}", messages


def _receive(done: Any, job: Job) -> Outcome:
    try:
        value, error, messages = ray.get(done)
        for message in messages:
            message.show()
    except RayError as lost:
        value, error = None, f"lost by the cluster, {1 + RETRIES} times: {type(lost).__name__}"
    return Outcome(job, value, error)
