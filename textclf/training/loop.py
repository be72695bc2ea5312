"""The training loop: a generator of epoch records, which progress bars, logs and tests consume."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from textclf.classifier import Classifier
from textclf.data.batching import Batch, Batches
from textclf.encoders.embedding import WordSource
from textclf.errors import TrainingError
from textclf.tasks.task import Task
from textclf.training.adamw import AdamW
from textclf.training.device import autocast, random_state
from textclf.training.lazy import LazyAdamW
from textclf.training.parallel import ALONE, Processes
from textclf.training.validation import Validation, quality

EPOCH_SEEDS = 10_007  # random seeds for each seed of a run: the first for the initial weights, the others for epochs

TOO_LARGE = "lower learning_rate, or set precision=float32"  # advice where numbers are not finite

NOT_VALIDATED = {"validation_loss": None, "validation_metric": None}
BASELINE_MEMORY = 0.9  # the weight of earlier batches in REINFORCE's baseline, a running mean of the loss


class Trainer:
    """A classifier with its task and its optimiser.

    Parameters
    ----------
    classifier : Classifier
        On its device.
    task : Task
        Computes the loss.
    precision : {"float32", "bfloat16"}
    learning_rate, weight_decay : float
        For AdamW (Loshchilov & Hutter 2019); with a weight decay of 0 it is Adam. If the source of word vectors has a
        `Schedule`, its parameters have the learning rate of the schedule instead.
    clip_norm : float
        The largest norm of the gradient; a longer gradient is scaled down.
    embedding_updates : {"auto", "lazy", "dense"}
        ``lazy`` updates a word vector when a batch contains the word, ``dense`` updates all word vectors in each step;
        the results agree to about 1e-6. ``auto`` is lazy on a CPU, where a dense step would wait for memory.
        A table with a `Schedule` is always updated densely, because lazy updates need a constant learning rate.
    steps : int, optional
        The number of steps of the whole training, if it does not stop early; a `Schedule` needs it.
    processes : Processes
        The processes that train equal copies of the classifier together; by default this process alone.
    """

    def __init__(
        self,
        classifier: Classifier,
        task: Task,
        *,
        precision: str,
        learning_rate: float,
        weight_decay: float,
        clip_norm: float,
        embedding_updates: str,
        steps: int | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.classifier, self.task, self.processes = classifier, task, processes
        self.device = classifier.linear.weight.device
        self.precision, self.clip_norm = precision, clip_norm
        # REINFORCE's baseline starts as the loss of a guess, because it must not depend on the batch's own loss.
        self._baseline_loss = torch.tensor(task.loss_of_a_guess(classifier.linear.out_features), device=self.device)
        source: WordSource = classifier.encoder.embedding
        table = _lazy_table(source, embedding_updates, self.device)
        self._lazy = None if table is None else LazyAdamW(table, learning_rate, weight_decay)
        self._trained = [parameter for parameter in classifier.parameters() if parameter.requires_grad]
        self._others = [parameter for parameter in self._trained if parameter is not table]
        self._schedule, self._steps, self._steps_done = source.schedule, steps, 0
        scheduled = set() if self._schedule is None else set(source.scheduled_parameters())
        constant = [parameter for parameter in self._others if parameter not in scheduled]
        self._optimiser = AdamW(constant, learning_rate, weight_decay)
        # `_step_scheduled` sets the learning rate.
        self._scheduled = AdamW([weight for weight in self._others if weight in scheduled], 0.0, weight_decay)

    def step(self, batch: Batch) -> Tensor:
        """Learn from one batch, and return its mean loss without penalties, detached and on the device."""
        vocabulary = None if self._lazy is None else batch.vocabulary()
        if self._lazy is not None:
            self._lazy.catch_up(vocabulary)
        share = self.processes.share(batch)
        for parameter in self._trained:
            parameter.grad = None
        mean = self._backward(share, len(share.rows) / len(batch.rows))
        self._update(vocabulary)
        return mean

    def catch_up(self) -> None:
        """Apply the pending lazy updates; call it before the classifier is used or saved."""
        if self._lazy is not None:
            self._lazy.catch_up()

    def _backward(self, share: Batch, weight: float) -> Tensor:
        """Compute the gradients of a share, the fraction ``weight`` of a batch; return the whole batch's mean loss."""
        if not weight:  # this process has no row, but the others wait for its part of each sum
            mean = torch.zeros((), device=self.device)
            self.processes.add([mean])
            self._next_baseline(mean)
            return mean
        with autocast(self.device, self.precision):
            logits, pooled = self.classifier(share.text, share.pair)
        assert share.labels is not None
        losses = self.task.loss(logits.float(), share.labels)
        loss = losses.mean()
        mean = loss.detach() * weight
        self.processes.add([mean])
        if pooled.penalty is not None:
            loss = loss + pooled.penalty
        if pooled.log_probability is not None:
            loss = loss + self._reinforce(pooled.log_probability, losses.detach(), mean)
        (loss * weight).backward()  # a gradient as an argument of backward() would import sympy
        return mean

    def _update(self, vocabulary: Tensor | None) -> None:
        if self.processes.world > 1:  # all processes must add up the same tensors
            for parameter in self._others:
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        gradients = [parameter.grad for parameter in self._others if parameter.grad is not None]
        if self._lazy is not None:
            assert vocabulary is not None
            vectors = _summed(self._lazy.table, vocabulary)
            gradients.append(vectors)
        self.processes.add(gradients)
        norm = nn.utils.get_total_norm(gradients)
        torch._foreach_mul_(gradients, (self.clip_norm / (norm + 1e-6)).clamp(max=1.0))
        self._optimiser.step()
        self._step_scheduled()
        if self._lazy is not None:
            assert vocabulary is not None
            self._lazy.step(vocabulary, vectors)

    def _step_scheduled(self) -> None:
        self._steps_done += 1
        if self._schedule is not None:
            assert self._steps is not None
            self._scheduled.learning_rate = self._schedule.rate(self._steps_done, self._steps)
            self._scheduled.step()

    def _reinforce(self, log_probability: Tensor, losses: Tensor, mean: Tensor) -> Tensor:
        """REINFORCE term (Williams 1992), to add to the loss: mean((loss − baseline) · log-probability)."""
        return ((losses - self._next_baseline(mean)) * log_probability).mean()

    def _next_baseline(self, mean: Tensor) -> Tensor:
        """Return the running mean of earlier batches' losses (the REINFORCE baseline), then update it."""
        baseline = self._baseline_loss
        self._baseline_loss = BASELINE_MEMORY * baseline + (1 - BASELINE_MEMORY) * mean
        return baseline


def _lazy_table(source: WordSource, updates: str, device: torch.device) -> Tensor | None:
    """Return the table's weights if ``updates`` are lazy; make the table's gradient sparse then, else dense."""
    table = source.table
    if table is None:
        return None
    lazy = updates == "lazy" or (updates == "auto" and device.type == "cpu")
    table.sparse = lazy and table.weight.requires_grad and source.schedule is None
    return table.weight if table.sparse else None


def _summed(table: Tensor, rows: Tensor) -> Tensor:
    """Return the gradient of each of ``rows`` (ascending), summed over its entries; faster than coalescing."""
    summed = table.new_zeros(len(rows), table.shape[1], requires_grad=False)
    if table.grad is not None:
        summed.index_add_(0, torch.searchsorted(rows, table.grad._indices()[0]), table.grad._values())
    return summed


def train(
    trainer: Trainer,
    batches: Batches,
    validation: Validation | None,
    *,
    epochs: int,
    patience: int | None,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Train epoch by epoch, and restore the weights of the best epoch when the generator ends.

    The best epoch has the best value of the deciding metric; among equal values, the lowest validation loss counts.
    Without a validation split, the last epoch is the best.

    Yields
    ------
    dict
        ``epoch`` (from 1), ``train_loss``, ``validation_loss`` and ``validation_metric`` (None without validation),
        ``seconds`` (of training alone), ``examples``, ``tokens``.

    Raises
    ------
    TrainingError
        If a loss or a weight stops being finite.
    """
    best, best_epoch, best_state = None, 0, None
    for epoch in range(1, epochs + 1):
        record: dict[str, Any] = {"epoch": epoch} | _train_epoch(trainer, batches, EPOCH_SEEDS * seed + epoch)
        measured = NOT_VALIDATED if validation is None else validation.measure(trainer.classifier)
        record |= trainer.processes.of_first(measured)
        _check_finite(record, trainer.classifier)
        if validation is not None:
            result = quality(record, validation.metric)
            if best is None or result > best:
                best, best_epoch = result, epoch
                best_state = None  # frees the earlier copy
                best_state = copy.deepcopy(trainer.classifier.state_dict())
        yield record
        if validation is not None and patience is not None and epoch - best_epoch >= patience:
            break
    if best_state is not None:
        trainer.classifier.load_state_dict(best_state)


def _check_finite(record: dict[str, Any], classifier: Classifier) -> None:
    where = f"in epoch {record['epoch']}; {TOO_LARGE}"
    for name in ("train_loss", "validation_loss"):
        if record[name] is not None and not math.isfinite(record[name]):
            raise TrainingError(f"the {name.replace('_', ' ')} is {record[name]} {where}")
    finite = [parameter.detach().isfinite().all() for parameter in classifier.parameters()]
    if not torch.stack(finite).all():
        raise TrainingError(f"a weight is not finite {where}")


def _train_epoch(trainer: Trainer, batches: Batches, seed: int) -> dict[str, Any]:
    started, losses, examples, tokens = time.perf_counter(), [], 0, 0
    trainer.classifier.train()
    with random_state(trainer.processes.seed(seed), trainer.processes.device):
        for batch in batches.epoch(torch.Generator().manual_seed(seed)):
            losses.append(trainer.step(batch) * len(batch.rows))
            examples += len(batch.rows)
            tokens += batch.words
        trainer.catch_up()
        total = torch.stack(losses).sum().item()  # the one wait for the device in an epoch
    seconds = time.perf_counter() - started
    return {"train_loss": total / examples, "seconds": seconds, "examples": examples, "tokens": tokens}
