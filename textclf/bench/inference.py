"""Inference: from strings to labels, beside the forward pass that it cannot do without, in each precision."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from textclf.bench.measurement import (
    FLAGSHIP,
    Measurement,
    Options,
    config_of,
    name_of,
    seconds_of,
    splits_of,
    value_of,
)
from textclf.bench.peers import find_peers, write_splits
from textclf.bench.step import fit_of
from textclf.bench.training import EPOCHS, SEEDS, task_of
from textclf.config import RunConfig
from textclf.data.batching import Batch
from textclf.data.examples import Examples
from textclf.experiment.backends.processes import outcomes
from textclf.training.bfloat16 import PRECISIONS, has_bfloat16
from textclf.training.device import resolve_device, use_one_core
from textclf.training.fit import Fit
from textclf.training.model import Model
from textclf.training.processor import cores

ALL_CORES = "textclf, a thread a core"
PEER_STEPS = 5  # it need not have learned anything


def measure(options: Options) -> Iterator[Measurement]:
    """Texts a second of prediction and of the bare forward pass, on one core; beside Flair's, on all; accuracy."""
    for model in options.chosen():
        yield from _rates(model, options)
        if model == FLAGSHIP:
            yield from _rates_on_all_cores(options)
            yield from _flair(options)
    for model in options.chosen():
        yield from _accuracy(model, options)


def _precisions() -> tuple[str, ...]:
    return PRECISIONS if has_bfloat16(resolve_device("auto")) else ("float32",)


def _named(variant: str, precision: str) -> str:
    return variant if precision == "float32" else f"{variant}, {precision}"


def _rates(model: dict[str, Any], options: Options) -> Iterator[Measurement]:
    use_one_core()
    trained, texts = fit_of(model, options.sentences).model, splits_of(config_of(model, options.sentences)).test
    with torch.inference_mode():
        batches = list(trained.batches(Examples.of(texts.texts)).in_order())
        trained.classifier.eval()

        def forward(trained: Model = trained, batches: list[Batch] = batches) -> None:
            torch.cat([trained.classifier(batch.text, batch.pair).logits for batch in batches]).sum().item()

        works = {_named("textclf", one): partial(trained.predict_proba, texts, precision=one) for one in _precisions()}
        times = seconds_of(*works.values(), forward, repeats=options.repeats)
    precisions = [*_precisions(), "float32"]
    for variant, precision, seconds in zip([*works, "bare forward pass"], precisions, times, strict=True):
        rates, detail = [len(texts) / one for one in seconds], {"threads": 1, "precision": precision}
        yield Measurement("inference", name_of(model), variant, "texts/s", rates, detail)


def _rates_on_all_cores(options: Options) -> Iterator[Measurement]:
    """Prediction with a thread a core, as a peer has them."""
    model, texts = fit_of(FLAGSHIP, options.sentences).model, splits_of(config_of(FLAGSHIP, options.sentences)).test
    torch.set_num_threads(cores())
    works = [partial(model.predict_proba, texts, precision=precision) for precision in _precisions()]
    times = seconds_of(*works, repeats=options.repeats)
    use_one_core()
    for precision, seconds in zip(_precisions(), times, strict=True):
        rates, detail = [len(texts) / one for one in seconds], {"threads": cores(), "precision": precision}
        yield Measurement("inference", name_of(FLAGSHIP), _named(ALL_CORES, precision), "texts/s", rates, detail)


def _flair(options: Options) -> Iterator[Measurement]:
    peer = find_peers(options.peers).get("flair")
    if peer is None:
        return
    config = config_of(FLAGSHIP, options.sentences, epochs=1)
    with tempfile.TemporaryDirectory() as folder:
        write_splits(splits_of(config), Path(folder))
        task = task_of(folder, config, PEER_STEPS) | {"measure": "predict", "repeats": options.repeats}
        found = peer.measure(task)
    rates = [one["examples"] / one["seconds"] for one in found["predict"]]
    detail = {"threads": task["threads"], "precision": "float32", "versions": found["versions"]}
    yield Measurement("inference", name_of(FLAGSHIP), "flair", "texts/s", rates, detail)


def _accuracy(model: dict[str, Any], options: Options) -> Iterator[Measurement]:
    """Test accuracy of the same trained models in each precision, and how many labels are not those of float32."""
    if _precisions() == ("float32",):
        return
    configs = [config_of(model, options.sentences, epochs=EPOCHS, seed=seed) for seed in SEEDS]
    found = [value_of(outcome) for outcome in outcomes(accuracies, configs, cores())]
    for variant in found[0]:
        values = [one[variant] for one in found]
        yield Measurement("inference accuracy", name_of(model), variant, "fraction", values, {"epochs": EPOCHS})


def accuracies(config: RunConfig) -> dict[str, float]:
    """Of one trained model: test accuracy in float32 and in bfloat16, and the share of labels that differ."""
    use_one_core()
    splits = splits_of(config)
    fit = Fit(config, splits.train, splits.validation, splits.classes, keep=True)
    list(fit)
    true = fit.model.targets(splits.test)
    labels = {name: fit.model.predict_proba(splits.test, precision=name).argmax(1) for name in PRECISIONS}
    found = {name: float((own == true).mean()) for name, own in labels.items()}
    return found | {"other labels": float((labels["bfloat16"] != labels["float32"]).mean())}
