"""A folder of results with pretrained models, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.rows import predicted, row, speed_row

from textclf.results.store import Store

ORIGIN = "wordllama: the token embeddings of Llama 2, reduced to 256 dimensions"
RIGHT = {"transformer-mean": 36, "transformer-mean-full": 34, "static": 32, "lstm-max": 30, "tfidf": 20}
PARTS: dict[str, dict[str, Any]] = {
    "transformer-mean": {"pretrained": "minilm, frozen", "language_model": "frozen"},
    "transformer-mean-full": {"pretrained": "minilm, fine-tuned", "language_model": "fine-tuned"},
    "static": {"pretrained": "wordllama vectors", "pretrained_origin": ORIGIN, "kind": "baseline"},
}


def parameters(pretrained: int, encoder: int, classifier: int, trained: int) -> dict[str, int]:
    """The numbers of parameters of a row; all parameters of the words are pretrained."""
    parts = {"embedding": pretrained, "encoder": encoder, "classifier": classifier}
    return {"total": pretrained + encoder + classifier, **parts, "pretrained": pretrained, "trained": trained}


COUNTS = {
    "transformer-mean": parameters(22_000, 0, 770, 770),
    "transformer-mean-full": parameters(22_000, 0, 770, 22_770),
    "static": parameters(8_000, 0, 514, 514),
    "lstm-max": {"total": 5000, "embedding": 0, "encoder": 1234, "classifier": 3766, "trained": 5000},
}


def pretrained_results(folder: Path, models: tuple[str, ...] = tuple(RIGHT)) -> Path:
    """Results of the models on the dataset ``films``, and of ``lstm-max`` alone on ``plain``."""
    with Store(folder, folder / "made.yaml") as store:
        for model in models:
            changes = PARTS.get(model, {}) | ({"parameters": COUNTS[model]} if model in COUNTS else {})
            for seed in (1, 2, 3) if changes.get("kind", model) not in {"baseline", "tfidf"} else (1,):
                made = row(model, "films", seed, None, RIGHT[model] / 40, **changes)
                store.append(made, predicted(RIGHT[model]))
            store.append_speed(speed_row(f"speed-{model}", "films", model))
        store.append(row("lstm-max", "plain", 1, None, 0.75), predicted(30))
    return folder
