"""One training step beside the arithmetic that it cannot do without: its encoder's forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import nn

from textclf.bench.measurement import (
    FLAGSHIP,
    SENTENCES,
    Measurement,
    Options,
    config_of,
    name_of,
    seconds_of,
    splits_of,
)
from textclf.data.batching import Batch
from textclf.training.device import autocast, use_one_core
from textclf.training.fit import Fit

BATCHES = 40


def measure(options: Options) -> Iterator[Measurement]:
    """Milliseconds of a step, of its bare encoder, and of a bare LSTM, on one core."""
    use_one_core()
    for model in options.chosen():
        fit, undropped = fit_of(model, options.sentences), fit_of(model, options.sentences, dropout=0.0)
        batches = list(islice(fit.batches.epoch(torch.Generator().manual_seed(0)), BATCHES))
        fit.model.classifier.train()
        undropped.model.classifier.train()
        works: dict[str, Callable[[], None]] = {
            "training step": partial(steps, fit, batches),
            "bare encoder": partial(_passes, undropped, batches),
        }
        if model == FLAGSHIP:
            works["bare nn.LSTM"] = _bare_lstm(batches, fit)
        detail = {"threads": 1, "precision": fit.model.precision}
        for variant, seconds in zip(works, seconds_of(*works.values(), repeats=options.repeats), strict=True):
            values = [1000 * one / BATCHES for one in seconds]
            yield Measurement("step", name_of(model), variant, "ms a batch", values, detail)


def fit_of(model: dict[str, Any], dataset: str, **settings: Any) -> Fit:
    """A model with its training split, before it is trained."""
    config = config_of(model, dataset, **settings)
    splits = splits_of(config)
    return Fit(config, splits.train, None, splits.classes, keep=True)


def steps(fit: Fit, batches: list[Batch]) -> None:
    """Learn from each of ``batches``."""
    torch.stack([fit.trainer.step(batch) for batch in batches]).sum().item()


def _passes(fit: Fit, batches: list[Batch]) -> None:
    """Word vectors, states, the text's vector, and back; no dropout, classifier, loss or update."""
    encoder, device = fit.model.classifier.encoder, fit.trainer.device
    for batch in batches:
        with autocast(device, fit.model.precision):
            vector = encoder(batch.text).vector
        vector.backward(torch.ones_like(vector))
        encoder.zero_grad(set_to_none=True)


def _bare_lstm(batches: list[Batch], fit: Fit) -> Callable[[], None]:
    """torch's bidirectional LSTM over as many words, unpacked, in the same precision, and nothing else."""
    dim, hidden = SENTENCES["embedding_dim"], SENTENCES["hidden_dim"]
    kind = torch.bfloat16 if fit.model.precision == "bfloat16" else torch.float32
    network = nn.LSTM(int(dim), int(hidden), batch_first=True, bidirectional=True).to(kind)
    texts = [torch.randn(*batch.text.tokens.shape, int(dim), dtype=kind, requires_grad=True) for batch in batches]

    def work() -> None:
        for text in texts:
            states, _ = network(text)
            states.backward(torch.ones_like(states))
            network.zero_grad(set_to_none=True)

    return work
