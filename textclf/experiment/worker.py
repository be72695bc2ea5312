"""The work of one process of an experiment: a run, or the measurement of a model's speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from textclf.experiment.backends.shared_files import SharedFile
from textclf.experiment.execution import execute
from textclf.experiment.preparation import Prepared
from textclf.experiment.spec import Run
from textclf.experiment.speed import measure_speed
from textclf.results.rows import OkRow
from textclf.training.device import share_gpu, use_one_core


@dataclass(frozen=True)
class Job:
    """A run and its inputs, for a worker.

    Attributes
    ----------
    run : Run
    experiment : str
        The name of the experiment.
    inputs : Prepared or SharedFile
        The inputs of the run, or the file that holds them.
    gpus : float, default 0
        The share of a GPU's memory that the run may use; 0: no limit.
    """

    run: Run
    experiment: str
    inputs: Prepared | SharedFile[Prepared]
    gpus: float = 0.0

    def prepared(self) -> Prepared:
        """Return the inputs, loaded if they are in a file."""
        return self.inputs.load() if isinstance(self.inputs, SharedFile) else self.inputs


def run(job: Job) -> tuple[OkRow, pd.DataFrame]:
    """Return the row and the predictions of a run."""
    share_gpu(job.gpus)
    result = execute(job.run.config, job.prepared(), job.run.label, job.experiment)
    return result.row, result.predictions


def speed(job: Job) -> dict[str, Any]:
    """Return the speed of a model; nothing else should run on the machine."""
    use_one_core()
    return measure_speed(job.run.config, job.prepared().splits)
