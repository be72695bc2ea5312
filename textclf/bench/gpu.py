"""The section on a GPU: training compared with a bare loop, several runs at the same time, and the longest batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from textclf.bench.measurement import BATCHES, FLAGSHIP, SENTENCES, Measurement, Options, name_of, seconds_of
from textclf.bench.records import BenchRecord, BenchRecords, ratio, share, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table

if TYPE_CHECKING:
    from textclf.data.batching import Batch
    from textclf.training.fit import Fit

SHARING = (1, 2, 4, 8, 16)  # numbers of runs that share the GPU
LENGTH = 256  # words in each text of the longest batch
MOST_TEXTS = 2**20  # in the longest batch


class Gpu(Section):
    """Training on a GPU: the rates of textclf, of a bare loop and of several runs together, and the longest batch."""

    summary = "on a machine with a GPU: training compared with a bare loop, several runs together"

    def obstacle(self) -> str | None:
        import torch

        return None if torch.cuda.is_available() else "there is no GPU here; leave it out"

    def measure(self, options: Options) -> Iterator[Measurement]:
        import torch

        from textclf.bench.workloads import first_batches, fit_of, rates_side_by_side, train_on

        fit = fit_of(FLAGSHIP, options.sentences, epochs=1 + options.repeats, patience=None)
        batches = first_batches(fit, BATCHES)
        subject, detail = name_of(FLAGSHIP), {"device": torch.cuda.get_device_name(), "precision": fit.model.precision}
        examples = sum(len(batch.rows) for batch in batches)
        fit.model.classifier.train()
        times = seconds_of(lambda: train_on(fit, batches), _bare_loop(batches, fit), repeats=options.repeats)
        for variant, seconds in zip(("textclf", "bare cuDNN loop"), times, strict=True):
            rates = [examples / repeat for repeat in seconds]
            yield Measurement("gpu", subject, variant, "examples/s", rates, detail)
        for runs in SHARING:
            rates, _ = rates_side_by_side(fit.config, runs)
            yield Measurement("gpu", subject, f"{runs} runs share the GPU", "examples/s", rates, detail)
        yield Measurement("gpu", subject, "longest batch", f"texts of {LENGTH} words", [_longest_batch(fit)], detail)

    def page(self, records: BenchRecords) -> Iterable[str]:
        yield from ["", "## On a GPU", ""]
        for model, variants in records.table("gpu").items():
            detail = variants["textclf"].detail
            yield f"{model} on {detail['device']}, {detail['precision']}."
            yield ""
            rows = [
                [variant, f"{spread(record)} {record.unit}", _compared(variant, variants)]
                for variant, record in variants.items()
            ]
            yield from markdown_table(["what", "measured", "share of the bare loop, or multiple of one run"], rows)


def _compared(variant: str, variants: dict[str, BenchRecord]) -> str:
    """Training in percent of the bare loop; the rate of several runs as a multiple of one run's rate."""
    if variant == "textclf":
        return share(variants[variant], variants.get("bare cuDNN loop"))
    return ratio(variants[variant], variants.get("1 runs share the GPU")) if "share" in variant else ""


def _bare_loop(batches: list[Batch], fit: Fit) -> Callable[[], None]:
    """Training with torch's own parts only: embedding, bidirectional LSTM, maximum, linear layer, loss, fused Adam."""
    import torch
    from torch import nn
    from torch.nn import functional

    device, dim, hidden = fit.trainer.device, int(SENTENCES["embedding_dim"]), int(SENTENCES["hidden_dim"])
    embedding = nn.Embedding(1 + max(int(batch.text.tokens.max()) for batch in batches), dim).to(device)
    network = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True).to(device)
    linear = nn.Linear(2 * hidden, len(fit.classes)).to(device)
    parameters = [*embedding.parameters(), *network.parameters(), *linear.parameters()]
    optimiser = torch.optim.Adam(parameters, fused=device.type in {"cpu", "cuda"})

    def work() -> None:
        losses = []
        for batch in batches:
            with torch.autocast(device.type, torch.bfloat16, enabled=fit.model.precision == "bfloat16"):
                logits = linear(network(embedding(batch.text.tokens))[0].amax(1))
            assert batch.labels is not None
            loss = functional.cross_entropy(logits.float(), batch.labels)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        torch.stack(losses).sum().item()

    return work


def _longest_batch(fit: Fit) -> int:
    """The number of texts of `LENGTH` words that fit into one training step; it is doubled until memory runs out."""
    import torch

    from textclf.data.batching import Batches
    from textclf.data.tokens import Tokens

    largest, texts = 0, 32
    while texts <= MOST_TEXTS:
        tokens = Tokens(np.ones(texts * LENGTH, dtype=np.int32), np.arange(texts + 1, dtype=np.int64) * LENGTH)
        labels = np.zeros(texts, dtype=np.int64)
        (batch,) = Batches(tokens, labels, batch_size=texts, device=fit.trainer.device).in_order()
        try:
            fit.trainer.step(batch).item()
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            return largest
        largest, texts = texts, 2 * texts
    return largest
