"""The Ray backend: one task for each job on a running Ray cluster.

Ray finds the cluster by the environment variable RAY_ADDRESS or by a node on this machine. The inputs of the runs are
put into the cluster's object store once. If a worker or a node is lost, Ray runs the task again on another one; each
job has one outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from textclf.data.vectors import Vectors
from textclf.errors import ConfigurationError, install
from textclf.experiment.backends.processes import Outcome, value_or_error
from textclf.experiment.messages import Message
from textclf.experiment.preparation import Prepared
from textclf.experiment.worker import Job

try:
    import ray
    from ray.exceptions import RayError
except ImportError:
    raise ConfigurationError(f"--backend ray needs Ray: {install('ray')}") from None

RETRIES = 3  # of a job whose worker or node is lost
T = TypeVar("T")


def outcomes(
    work: Callable[[Job], Any],
    jobs: Sequence[Job],
    workers: int | None = None,
    on_start: Callable[[Job], None] = lambda job: None,
    gpus: float = 0.0,
) -> Iterator[Outcome]:
    """Call ``work(job)`` for each job on the cluster.

    Parameters
    ----------
    work : callable
        A function that the cluster's machines can import.
    jobs : sequence of Job
        Each job holds its inputs, not the path of a file.
    workers : int, optional
        The maximum number of jobs at once; by default the number of the cluster's cores.
    on_start : callable, optional
        Called with each job when it is submitted.
    gpus : float, default 0
        The share of a GPU that each job needs.

    Yields
    ------
    Outcome
        In order of completion. Log messages of a job are logged here when it is done. When the iterator is closed, also
        by Ctrl-C, the running jobs are cancelled.

    Raises
    ------
    ConfigurationError
        If no cluster is found, or it has fewer GPUs than one job needs.
    """
    connects = not ray.is_initialized()
    if connects:
        _connect()
    running: dict[Any, Job] = {}
    try:
        resources = ray.cluster_resources()
        if gpus > resources.get("GPU", 0.0):
            raise ConfigurationError(
                f"--gpus: {gpus:g} a run, but the cluster has {resources.get('GPU', 0.0):g}; choose a smaller number"
            )
        task = ray.remote(_run).options(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)
        store = _ObjectStore()
        waiting = iter(jobs)
        limit = workers or max(1, int(resources.get("CPU", 1)))

        def start() -> None:
            for job in waiting:
                prepared = job.prepared()
                vectors = None if prepared.vectors is None else store.put(prepared.vectors, _in_memory)
                inputs = store.put(prepared, _without_vectors)
                job_of = partial(Job, job.run, job.experiment, gpus=job.gpus)
                running[task.remote(work, job_of, inputs, vectors)] = job
                on_start(job)
                if len(running) == limit:
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
        if connects:
            ray.shutdown()


def _connect() -> None:
    try:
        ray.init(address="auto", logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, TimeoutError) as error:
        raise ConfigurationError(
            "--backend ray: no Ray cluster was found; start one (ray start --head), or set RAY_ADDRESS to one "
            f"({str(error).splitlines()[0]})"
        ) from None


class _ObjectStore:
    """The cluster's object store; each object is put there once."""

    def __init__(self) -> None:
        self._references: dict[int, tuple[object, Any]] = {}  # holds each object too, so that its id stays unique

    def put(self, value: T, packed: Callable[[T], T]) -> Any:
        """Return the reference to ``packed(value)``, which is stored at the first call."""
        if id(value) not in self._references:
            self._references[id(value)] = value, ray.put(packed(value))
        return self._references[id(value)][1]


def _without_vectors(prepared: Prepared) -> Prepared:
    """Return the inputs without their word vectors, because several inputs share these."""
    return replace(prepared, vectors=None)


def _in_memory(vectors: Vectors) -> Vectors:
    return vectors.in_memory()


def _run(
    work: Callable[[Job], Any], job_of: Callable[[Prepared], Job], prepared: Prepared, vectors: Vectors | None
) -> tuple[Any, str | None, list[Message]]:
    """Return a job's value, its error and its log messages; Ray treats an exception as an error of the cluster."""
    messages: list[Message] = []
    job = job_of(replace(prepared, vectors=vectors))
    value, error = value_or_error(partial(work, job), messages.append)
    return value, error, messages


def _receive(done: Any, job: Job) -> Outcome:
    try:
        value, error, messages = ray.get(done)
        for message in messages:
            message.show()
    except RayError as lost:
        value, error = None, f"lost by the cluster {1 + RETRIES} times: {type(lost).__name__}"
    return Outcome(job, value, error)
