"""A folder of results, made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from helpers.rows import TESTED, predictions_of, row, speed_row

from textclf.results.store import Store

RIGHT = {"lstm-max": 36, "cnn": 34, "tfidf": 20}  # correct test rows; `append` adds 0 to 2 for the seed


def append(store: Store, model: str, dataset: str, seed: int, fold: int | None) -> None:
    """Append a run whose share of correct test rows depends on the model and the seed."""
    right = RIGHT[model] + (0 if model == "tfidf" else seed % 3)
    correct = np.random.default_rng([seed, fold or 0]).permutation(TESTED) < right
    store.append(row(model, dataset, seed, fold, right / TESTED), predictions_of(correct))


def made_results(folder: Path) -> Path:
    """The results of an experiment file: three models, two datasets, seeds and folds, a baseline, a failed run."""
    results = folder / "results/made"
    (folder / "experiments").mkdir()
    question = "# experiments/made.yaml: which is best?\n#\n# Cut to 64 tokens.\nmodels: []\n# no more\n"
    (folder / "experiments/made.yaml").write_text(question, encoding="utf-8")
    with Store(results, folder / "experiments/made.yaml") as store:
        store.write_plan([])
        for model in RIGHT:
            for seed in (1,) if model == "tfidf" else (1, 2, 3):
                append(store, model, "whole", seed, None)
            for fold in (0, 1):
                append(store, model, "folded", 1, fold)
            rate = 1500.0 + len(model)
            store.append_speed(speed_row(f"speed-{model}", "whole", model, train_examples_per_second=rate))
        store.append(row("cnn", "whole", 4, None, 0.0, status="failed", error="killed by signal 9", fingerprint="f"))
    return results
