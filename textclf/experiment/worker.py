"""What a worker process does."""

from __future__ import annotations

from typing import Any

import pandas as pd

from textclf.experiment.execution import execute
from textclf.experiment.preparation import data_of, keep
from textclf.experiment.spec import Job
from textclf.experiment.speed import measure_speed
from textclf.results.rows import OkRow
from textclf.training.device import share_gpu, use_one_core


def run(job: Job) -> tuple[OkRow, pd.DataFrame]:
    """The row and the predictions of a run."""
    _take_data(job)
    share_gpu(job.gpus)
    result = execute(job.run.config, job.run.label, job.experiment)
    return result.row, result.predictions


def speed(job: Job) -> dict[str, Any]:
    """The speed of a model, alone on the machine."""
    _take_data(job)
    use_one_core()
    return measure_speed(job.run.config, data_of(job.run.config).splits(job.run.config))


def _take_data(job: Job) -> None:
    """Use the data that came with the job; without any, the worker reads it anew."""
    if job.data is not None:
        keep(job.run.config, job.data)
