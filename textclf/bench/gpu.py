"""On a machine with a GPU: how near training comes to a bare loop, and what several runs gain that share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textclf.bench.measurement import (
    FLAGSHIP,
    SENTENCES,
    Measurement,
    Options,
    config_of,
    name_of,
    seconds_of,
    splits_of,
    value_of,
)
from textclf.bench.step import BATCHES
from textclf.bench.training import train_epochs
from textclf.data.batching import Batch, Batches
from textclf.data.tokens import Tokens
from textclf.experiment.backends.processes import outcomes
from textclf.training.fit import Fit

SHARING = (1, 2, 4, 8, 16)
LENGTH = 256  # words of a text of the longest batch


def measure(options: Options) -> Iterator[Measurement]:
    """Nothing without a GPU."""
    if not torch.cuda.is_available():
        return
    config = config_of(FLAGSHIP, options.sentences, epochs=1 + options.repeats, patience=None)
    splits = splits_of(config)
    fit = Fit(config, splits.train, None, splits.classes, keep=True)
    batches = list(islice(fit.batches.epoch(torch.Generator().manual_seed(0)), BATCHES))
    subject, detail = name_of(FLAGSHIP), {"device": torch.cuda.get_device_name(), "precision": fit.model.precision}
    examples = sum(len(batch.rows) for batch in batches)
    fit.model.classifier.train()

    def steps() -> None:
        torch.stack([fit.trainer.step(batch) for batch in batches]).sum().item()

    times = seconds_of(steps, bare_loop(batches, fit), repeats=options.repeats)
    for variant, seconds in zip(("textclf", "bare cuDNN loop"), times, strict=True):
        yield Measurement("gpu", subject, variant, "examples/s", [examples / one for one in seconds], detail)
    for runs in SHARING:
        configs = [config.with_settings(seed=seed) for seed in range(1, 1 + runs)]
        answers = [value_of(outcome)["rates"] for outcome in outcomes(train_epochs, configs, runs)]
        rates = [sum(rates) for rates in zip(*answers, strict=True)][1:]
        yield Measurement("gpu", subject, f"{runs} runs share the GPU", "examples/s", rates, detail)
    yield Measurement("gpu", subject, "longest batch", f"texts of {LENGTH} words", [longest_batch(fit)], detail)


def bare_loop(batches: list[Batch], fit: Fit) -> Callable[[], None]:
    """Training in torch's own parts alone: embedding, bidirectional LSTM, maximum, linear, loss, fused Adam."""
    device, dim, hidden = fit.trainer.device, int(SENTENCES["embedding_dim"]), int(SENTENCES["hidden_dim"])
    table = nn.Embedding(len(fit.tokenizer.vocabulary), dim).to(device)
    network = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True).to(device)
    linear = nn.Linear(2 * hidden, len(fit.classes)).to(device)
    parameters = [*table.parameters(), *network.parameters(), *linear.parameters()]
    optimiser = torch.optim.Adam(parameters, fused=device.type in {"cpu", "cuda"})

    def work() -> None:
        losses = []
        for batch in batches:
            with torch.autocast(device.type, torch.bfloat16, enabled=fit.model.precision == "bfloat16"):
                logits = linear(network(table(batch.text.tokens))[0].amax(1))
            assert batch.labels is not None
            loss = functional.cross_entropy(logits.float(), batch.labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        torch.stack(losses).sum().item()

    return work


def longest_batch(fit: Fit, most: int = 2**20) -> int:
    """How many texts of `LENGTH` words fit into a training step, doubling until they do not."""
    fits, texts = 0, 32
    while texts <= most:
        tokens = Tokens(np.ones(texts * LENGTH, dtype=np.int32), np.arange(texts + 1, dtype=np.int64) * LENGTH)
        (batch,) = Batches(
            tokens, np.zeros(texts, dtype=np.int64), batch_size=texts, device=fit.trainer.device
        ).in_order()
        try:
            fit.trainer.step(batch).item()
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            return fits
        fits, texts = texts, 2 * texts
    return fits
