"""Inference: from strings to labels, beside the forward pass that it cannot do without."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from textclf.bench.measurement import FLAGSHIP, Measurement, Options, config_of, name_of, seconds_of, splits_of
from textclf.bench.peers import find_peers, write_splits
from textclf.bench.step import fit_of
from textclf.bench.training import task_of
from textclf.data.batching import Batch
from textclf.data.examples import Examples
from textclf.training.device import use_one_core
from textclf.training.model import Model
from textclf.training.processor import cores

ALL_CORES = "textclf, a thread a core"
PEER_STEPS = 5  # it need not have learned anything


def measure(options: Options) -> Iterator[Measurement]:
    """Texts a second of prediction and of the bare forward pass, on one core; beside Flair's, on all."""
    use_one_core()
    for model in options.chosen():
        fit, texts = fit_of(model, options.sentences), splits_of(config_of(model, options.sentences)).test
        trained, detail = fit.model, {"threads": 1, "precision": "float32"}
        with torch.inference_mode():
            batches = list(trained.batches(Examples.of(texts.texts)).in_order())
            trained.classifier.eval()

            def forward(trained: Model = trained, batches: list[Batch] = batches) -> None:
                torch.cat([trained.classifier(batch.text, batch.pair).logits for batch in batches]).sum().item()

            times = seconds_of(partial(trained.predict_proba, texts), forward, repeats=options.repeats)
        for variant, seconds in zip(("textclf", "bare forward pass"), times, strict=True):
            rates = [len(texts) / one for one in seconds]
            yield Measurement("inference", name_of(model), variant, "texts/s", rates, detail)
    peer = find_peers(options.peers).get("flair")
    if FLAGSHIP in options.chosen():
        yield _on_all_cores(options)
    if peer is not None and FLAGSHIP in options.chosen():
        config = config_of(FLAGSHIP, options.sentences, epochs=1)
        with tempfile.TemporaryDirectory() as folder:
            write_splits(splits_of(config), Path(folder))
            task = task_of(folder, config, PEER_STEPS) | {"measure": "predict", "repeats": options.repeats}
            found = peer.measure(task)
        rates = [one["examples"] / one["seconds"] for one in found["predict"]]
        detail = {"threads": task["threads"], "precision": "float32", "versions": found["versions"]}
        yield Measurement("inference", name_of(FLAGSHIP), "flair", "texts/s", rates, detail)


def _on_all_cores(options: Options) -> Measurement:
    """Prediction with a thread a core, as a peer has them."""
    model, texts = fit_of(FLAGSHIP, options.sentences).model, splits_of(config_of(FLAGSHIP, options.sentences)).test
    torch.set_num_threads(cores())
    (seconds,) = seconds_of(partial(model.predict_proba, texts), repeats=options.repeats)
    use_one_core()
    rates, detail = [len(texts) / one for one in seconds], {"threads": cores(), "precision": "float32"}
    return Measurement("inference", name_of(FLAGSHIP), ALL_CORES, "texts/s", rates, detail)
