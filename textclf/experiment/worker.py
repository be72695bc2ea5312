"""What a worker process does. The forkserver imports this once, with all that is heavy, for every run after it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch

import textclf.encoders.abcnn
import textclf.encoders.attentive_cnn
import textclf.encoders.baselines.tfidf
import textclf.encoders.contextualisers.self_attention  # noqa: F401
from textclf.evaluation.efficiency import measure_speed
from textclf.experiment.run import execute, splits_of
from textclf.experiment.spec import Job

torch.optim.AdamW([torch.zeros(1, requires_grad=True)], fused=True)  # its first use imports for a second


def run(job: Job) -> tuple[dict[str, Any], pd.DataFrame]:
    """The row and the predictions of a run."""
    result = execute(job.run.config, job.run.label, job.experiment)
    return result.row, result.predictions


def speed(job: Job) -> dict[str, Any]:
    """The speed of a model, alone on the machine."""
    torch.set_num_threads(1)
    return measure_speed(job.run.config, splits_of(job.run.config))
