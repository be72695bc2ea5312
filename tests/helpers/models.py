"""Which models give attention weights."""

from __future__ import annotations

from textclf.config import RunConfig

# The parts that give no weights; every other one must, in all places where it stands.
POOLINGS_WITHOUT_WEIGHTS = {"last", "max", "mean"}
ABCNN_WITHOUT_WEIGHTS = {0, 1}  # variants


def gives_weights(keys: dict) -> bool:
    """Whether an encoder must say how much each word counted."""
    flat = RunConfig.parse(keys).flat()
    if keys["encoder"] == "abcnn":
        return flat["variant"] not in ABCNN_WITHOUT_WEIGHTS
    poolings = {value for key, value in flat.items() if key.rpartition(".")[2] == "pooling"}
    return not poolings & POOLINGS_WITHOUT_WEIGHTS
