"""The section on one training step: the share of its time that the encoder takes, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textclf.bench.measurement import BATCHES, FLAGSHIP, SENTENCES, Measurement, Options, name_of, seconds_of
from textclf.bench.records import BenchRecords, share, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table

if TYPE_CHECKING:
    from textclf.data.batching import Batch
    from textclf.training.fit import Fit


class Step(Section):
    """Milliseconds of a training step, of its encoder alone and of torch's own LSTM alone, on one core."""

    summary = "one training step, compared with its encoder alone and with a bare LSTM"

    def measure(self, options: Options) -> Iterator[Measurement]:
        from textclf.bench.workloads import first_batches, fit_of, train_on
        from textclf.training.device import use_one_core

        use_one_core()
        for model in options.chosen_models():
            fit, without_dropout = fit_of(model, options.sentences), fit_of(model, options.sentences, dropout=0.0)
            batches = first_batches(fit, BATCHES)
            fit.model.classifier.train()
            without_dropout.model.classifier.train()
            works: dict[str, Callable[[], None]] = {
                "training step": partial(train_on, fit, batches),
                "bare encoder": partial(_encode_and_back, without_dropout, batches),
            }
            if model == FLAGSHIP:
                works["bare nn.LSTM"] = _bare_lstm(batches, fit)
            detail = {"threads": 1, "precision": fit.model.precision}
            for variant, seconds in zip(works, seconds_of(*works.values(), repeats=options.repeats), strict=True):
                values = [1000 * repeat / BATCHES for repeat in seconds]
                yield Measurement("step", name_of(model), variant, "ms a batch", values, detail)

    def page(self, records: BenchRecords) -> Iterable[str]:
        yield from ["", "## One training step: milliseconds per batch of 50 sentences, one core", ""]
        yield (
            "The bare encoder is the forward and backward pass from word vectors to the text's vector, in the same "
            "precision over the same batches, without dropout, classifier, loss, clipping and update. A share is the "
            "percentage of a training step's time."
        )
        yield ""
        rows = [
            [
                model,
                spread(variants["training step"]),
                spread(variants["bare encoder"]),
                share(variants["bare encoder"], variants["training step"]),
                spread(variants.get("bare nn.LSTM")),
                share(variants.get("bare nn.LSTM"), variants["training step"]),
            ]
            for model, variants in records.table("step").items()
        ]
        yield from markdown_table(["model", "training step", "bare encoder", "share", "bare `nn.LSTM`", "share"], rows)


def _encode_and_back(fit: Fit, batches: list[Batch]) -> None:
    """Forward and backward pass of the encoder, without dropout, classifier, loss or update."""
    import torch

    from textclf.training.device import autocast

    encoder, device = fit.model.classifier.encoder, fit.trainer.device
    for batch in batches:
        with autocast(device, fit.model.precision):
            vector = encoder(batch.text).vector
        vector.backward(torch.ones_like(vector))
        encoder.zero_grad(set_to_none=True)


def _bare_lstm(batches: list[Batch], fit: Fit) -> Callable[[], None]:
    """Forward and backward pass of torch's bidirectional LSTM over unpacked inputs of the same size and precision."""
    import torch
    from torch import nn

    dim, hidden = int(SENTENCES["embedding_dim"]), int(SENTENCES["hidden_dim"])
    dtype = torch.bfloat16 if fit.model.precision == "bfloat16" else torch.float32
    network = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True).to(dtype)
    inputs = [torch.randn(*batch.text.tokens.shape, dim, dtype=dtype, requires_grad=True) for batch in batches]

    def work() -> None:
        for vectors in inputs:
            states, _ = network(vectors)
            states.backward(torch.ones_like(states))
            network.zero_grad(set_to_none=True)

    return work
