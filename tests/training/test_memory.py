"""Memory: what a model takes is counted without making it, and without a random number."""

from __future__ import annotations

import pytest
import torch

from textclf.config import RunConfig
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.errors import ConfigurationError
from textclf.training.model import build_classifier, check_memory

CPU = torch.device("cpu")


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("encoder", [*CONTEXTUALISERS, *WHOLE_ENCODERS])
@pytest.mark.parametrize("copies", [1, 4])
def test_as_many_bytes_as_it_takes_are_enough_and_one_less_is_not(encoder, pairs, copies, monkeypatch) -> None:
    config = RunConfig.parse({"encoder": encoder, "hidden_dim": 12, "embedding_dim": 10, "max_tokens": 17})
    made = build_classifier(config, torch.zeros(23, 10), 3, pairs)
    taken = sum(tensor.nbytes * copies for tensor in made.parameters()) + sum(
        buffer.nbytes for buffer in made.buffers()
    )
    before = torch.get_rng_state()
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken)
    check_memory(config, 23, 3, pairs, CPU, copies)
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken - 1)
    with pytest.raises(ConfigurationError, match="GB of memory"):
        check_memory(config, 23, 3, pairs, CPU, copies)
    assert torch.equal(before, torch.get_rng_state())


def test_frozen_vectors_are_there_once(monkeypatch) -> None:
    config = RunConfig.parse({"encoder": "none", "embedding_dim": 10, "freeze_vectors": True})
    weights = 4 * (10_000 * 10 + 4 * (10 * 2 + 2))  # bytes of a float32; the linear layer is trained
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: weights)
    check_memory(config, 10_000, 2, False, CPU)
    with pytest.raises(ConfigurationError, match=r"embedding_dim \(10\)"):
        check_memory(config.replace(freeze_vectors=False), 10_000, 2, False, CPU)
