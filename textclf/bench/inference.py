"""The section on inference: texts per second from strings to probabilities, in each precision, and their accuracy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from textclf.bench.measurement import (
    EPOCHS,
    FLAGSHIP,
    SEEDS,
    Measurement,
    Options,
    config_of,
    in_processes,
    name_of,
    seconds_of,
    splits_of,
)
from textclf.bench.peers import find_peers, task_of, write_splits
from textclf.bench.records import BenchRecord, BenchRecords, ratio, share, spread
from textclf.bench.section import Section
from textclf.report.markdown_tables import markdown_table, plus_minus
from textclf.statistics.intervals import mean_interval

ALL_CORES = "textclf, a thread a core"
PEER_STEPS = 5  # training steps; few are enough, because the rate of prediction does not depend on the training


class Inference(Section):
    """Rates of prediction and of the bare forward pass; the accuracy of the same models in each precision."""

    summary = "prediction, in texts per second, compared with the bare forward pass and a peer"

    def measure(self, options: Options) -> Iterator[Measurement]:
        for model in options.chosen_models():
            yield from _rates(model, options)
            if model == FLAGSHIP:
                yield from _rates_on_all_cores(options)
                yield from _flair(options)
        for model in options.chosen_models():
            yield from _accuracy(model, options)

    def page(self, records: BenchRecords) -> Iterable[str]:
        models = records.table("inference")
        yield from ["", "## Inference: texts per second", ""]
        yield (
            "`textclf` predicts probabilities from strings, in float32 on one core. The bare forward pass starts from "
            "finished batches. `all cores` is textclf with one thread per core, as Flair's `predict` has."
        )
        yield ""
        rows = [
            [
                model,
                spread(variants["textclf"]),
                spread(variants["bare forward pass"]),
                share(variants["textclf"], variants["bare forward pass"]),
                spread(variants.get(ALL_CORES)),
                spread(variants.get("flair")),
                ratio(variants.get(ALL_CORES), variants.get("flair")),
            ]
            for model, variants in models.items()
        ]
        header = ["model", "textclf", "bare forward pass", "share", "all cores", "Flair", "all cores / Flair"]
        yield from markdown_table(header, rows)
        if any("textclf, bfloat16" in variants for variants in models.values()):
            yield from _bfloat16_lines(records)


def _bfloat16_lines(records: BenchRecords) -> Iterable[str]:
    yield from ["", "### Prediction in bfloat16", ""]
    yield (
        "Texts per second on one core in each precision; the test accuracy of the same trained models in each; its "
        "difference in percentage points, ± half of the 95 % t interval over seeds; and the share of texts that get "
        "another label."
    )
    yield ""
    accuracies = records.table("inference accuracy")
    rows = [
        [
            model,
            spread(variants["textclf"]),
            spread(variants["textclf, bfloat16"]),
            ratio(variants["textclf, bfloat16"], variants["textclf"]),
            *_accuracy_cells(accuracies.get(model)),
        ]
        for model, variants in records.table("inference").items()
        if "textclf, bfloat16" in variants
    ]
    header = [
        "float32",
        "bfloat16",
        "bfloat16 / float32",
        "accuracy, float32",
        "accuracy, bfloat16",
        "difference",
        "other labels",
    ]
    yield from markdown_table(["model", *header], rows)
    for model, variants in records.table("inference").items():
        fastest = variants.get(f"{ALL_CORES}, bfloat16")
        if fastest is not None:
            yield ""
            times = f", {ratio(fastest, variants['flair'])} the rate of Flair" if "flair" in variants else ""
            yield f"{model} in bfloat16 with one thread per core: {spread(fastest)} texts per second{times}."


def _accuracy_cells(variants: dict[str, BenchRecord] | None) -> list[str]:
    """Both accuracies, their difference, and the share of labels that differ."""
    if variants is None:
        return ["–"] * 4
    float32, bfloat16 = (variants[precision].values for precision in ("float32", "bfloat16"))
    differences = [low - high for low, high in zip(bfloat16, float32, strict=True)]
    means = [f"{100 * mean_interval(values).mean:.2f}" for values in (float32, bfloat16)]
    other = mean_interval(variants["other labels"].values).mean
    return [*means, plus_minus(mean_interval(differences)), f"{100 * other:.2f} %"]


def _precisions() -> tuple[str, ...]:
    """The precisions that this machine supports."""
    from textclf.training.bfloat16 import PRECISIONS, has_bfloat16
    from textclf.training.device import resolve_device

    return PRECISIONS if has_bfloat16(resolve_device("auto")) else ("float32",)


def _variant(name: str, precision: str) -> str:
    return name if precision == "float32" else f"{name}, {precision}"


def _rates(model: dict[str, Any], options: Options) -> Iterator[Measurement]:
    """Rates of prediction on one core in each precision, and of the forward pass alone."""
    import torch

    from textclf.bench.workloads import fit_of
    from textclf.data.examples import Examples
    from textclf.training.device import use_one_core

    use_one_core()
    predictor, texts = fit_of(model, options.sentences).model, splits_of(config_of(model, options.sentences)).test
    precisions = _precisions()
    with torch.inference_mode():
        batches = list(predictor.batches(Examples.of(texts.texts)).in_order())
        predictor.classifier.eval()

        def forward() -> None:
            torch.cat([predictor.classifier(batch.text, batch.pair).logits for batch in batches]).sum().item()

        works = [partial(predictor.predict_proba, texts, precision=precision) for precision in precisions]
        times = seconds_of(*works, forward, repeats=options.repeats)
    variants = [*(_variant("textclf", precision) for precision in precisions), "bare forward pass"]
    for variant, precision, seconds in zip(variants, [*precisions, "float32"], times, strict=True):
        rates, detail = [len(texts) / repeat for repeat in seconds], {"threads": 1, "precision": precision}
        yield Measurement("inference", name_of(model), variant, "texts/s", rates, detail)


def _rates_on_all_cores(options: Options) -> Iterator[Measurement]:
    """Rates of prediction with a thread per core, as the peers predict."""
    import torch

    from textclf.bench.workloads import fit_of
    from textclf.training.device import use_one_core
    from textclf.training.processor import cores

    model, texts = fit_of(FLAGSHIP, options.sentences).model, splits_of(config_of(FLAGSHIP, options.sentences)).test
    torch.set_num_threads(cores())
    works = [partial(model.predict_proba, texts, precision=precision) for precision in _precisions()]
    times = seconds_of(*works, repeats=options.repeats)
    use_one_core()
    for precision, seconds in zip(_precisions(), times, strict=True):
        rates, detail = [len(texts) / repeat for repeat in seconds], {"threads": cores(), "precision": precision}
        yield Measurement("inference", name_of(FLAGSHIP), _variant(ALL_CORES, precision), "texts/s", rates, detail)


def _flair(options: Options) -> Iterator[Measurement]:
    peer = find_peers(options.peers).get("flair")
    if peer is None:
        return
    config = config_of(FLAGSHIP, options.sentences, epochs=1)
    with tempfile.TemporaryDirectory() as folder:
        write_splits(splits_of(config), Path(folder))
        task = task_of(folder, config, PEER_STEPS, measure="predict", repeats=options.repeats)
        result = peer.measure(task)
    rates = [repeat["examples"] / repeat["seconds"] for repeat in result["predict"]]
    detail = {"threads": task["threads"], "precision": "float32", "versions": result["versions"]}
    yield Measurement("inference", name_of(FLAGSHIP), "flair", "texts/s", rates, detail)


def _accuracy(model: dict[str, Any], options: Options) -> Iterator[Measurement]:
    """Test accuracies of trained models in each precision, and the share of labels that differ."""
    from textclf.bench.workloads import accuracies
    from textclf.training.processor import cores

    if _precisions() == ("float32",):
        return
    configs = [config_of(model, options.sentences, epochs=EPOCHS, seed=seed) for seed in SEEDS]
    results = in_processes(accuracies, configs, cores())
    for variant in results[0]:
        values = [result[variant] for result in results]
        yield Measurement("inference accuracy", name_of(model), variant, "fraction", values, {"epochs": EPOCHS})
