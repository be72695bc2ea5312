"""Which models return attention weights."""

from __future__ import annotations

from textclf.config import RunConfig

# These parts return no attention weights; all other parts return them, in every model.
POOLINGS_WITHOUT_WEIGHTS = {"first", "last", "max", "mean"}
ABCNN_WITHOUT_WEIGHTS = {0, 1}  # variants


def gives_weights(keys: dict) -> bool:
    """Return whether an encoder must return attention weights."""
    flat = RunConfig.parse(keys).flat()
    if keys["encoder"] == "abcnn":
        return flat["variant"] not in ABCNN_WITHOUT_WEIGHTS
    poolings = {value for key, value in flat.items() if key.rpartition(".")[2] == "pooling"}
    return not poolings & POOLINGS_WITHOUT_WEIGHTS
