"""Measure a classifier on the validation split, and compare epochs by the deciding metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from textclf.classifier import Classifier
from textclf.data.batching import Batches
from textclf.metrics import metric_of
from textclf.tasks.task import Task
from textclf.training.prediction import predict_logits


@dataclass(frozen=True)
class Validation:
    """The validation split with the metric that chooses the best epoch.

    Attributes
    ----------
    batches : Batches
        The labels are the task's targets.
    task : Task
    metric : str
        The name of the deciding metric.
    groups : sequence of str, optional
        The group of each row, for metrics that need groups.
    """

    batches: Batches
    task: Task
    metric: str
    groups: Sequence[str] | None = None

    def measure(self, classifier: Classifier) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_metric``, the value of the deciding metric."""
        logits, targets = predict_logits(classifier, self.batches), self.batches.labels
        assert targets is not None
        loss = self.task.loss(torch.from_numpy(logits), torch.from_numpy(targets)).mean().item()
        value = metric_of(self.metric).value(targets, self.task.probabilities(logits), self.groups)
        return {"validation_loss": loss, "validation_metric": value}


def quality(record: dict[str, Any], metric: str) -> tuple[float, float]:
    """Return a key that is largest for the best epoch: the metric, then the lower validation loss."""
    direction = 1 if metric_of(metric).higher_is_better else -1
    return direction * record["validation_metric"], -record["validation_loss"]
