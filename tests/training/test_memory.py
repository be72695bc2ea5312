"""Memory: a model that is too large is refused before it is allocated, and a model that fits is built once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.examples import Examples
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.errors import ConfigurationError
from textclf.training.building import build_classifier, build_within_memory, check_memory
from textclf.training.fit import Fit
from textclf.training.memory import check_fits
from textclf.training.model import Model

CPU = torch.device("cpu")


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("encoder", [*CONTEXTUALISERS, *WHOLE_ENCODERS])
@pytest.mark.parametrize("copies", [1, 4])
def test_exactly_the_needed_bytes_are_enough(encoder, pairs, copies, monkeypatch) -> None:
    config = RunConfig.parse({"encoder": encoder, "hidden_dim": 12, "embedding_dim": 10, "max_tokens": 17})
    classifier = build_classifier(config, torch.zeros(23, 10), 3, pairs)
    taken = sum(tensor.nbytes * copies for tensor in classifier.parameters()) + sum(
        buffer.nbytes for buffer in classifier.buffers()
    )
    before = torch.get_rng_state()
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken)
    check_memory(config, 23, 3, pairs, CPU, copies)
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken - 1)
    with pytest.raises(ConfigurationError, match="GB of memory"):
        check_memory(config, 23, 3, pairs, CPU, copies)
    assert torch.equal(before, torch.get_rng_state())


def test_frozen_vectors_count_once(monkeypatch) -> None:
    config = RunConfig.parse({"encoder": "none", "embedding_dim": 10, "freeze_vectors": True})
    weights = 4 * (10_000 * 10 + 4 * (10 * 2 + 2))  # bytes of a float32; the linear layer is trained
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: weights)
    check_memory(config, 10_000, 2, False, CPU)
    with pytest.raises(ConfigurationError, match=r"embedding_dim \(10\)"):
        check_memory(config.replace(freeze_vectors=False), 10_000, 2, False, CPU)


@pytest.mark.parametrize("copies", [1, 4])
def test_a_build_is_refused_before_its_memory_is_allocated(copies: int, monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig.parse({"encoder": "lstm", "hidden_dim": 12, "embedding_dim": 10})
    table = np.zeros((23, 10), np.float32)
    taken = copies * sum(tensor.nbytes for tensor in build_classifier(config, torch.zeros(23, 10), 3).parameters())
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken)
    built = build_within_memory(config, 23, 3, False, CPU, lambda: table, copies)
    assert built.linear.out_features == 3
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: taken - 1)
    with pytest.raises(ConfigurationError, match="GB of memory"):
        build_within_memory(config, 23, 3, False, CPU, lambda: table, copies)


def test_word_vectors_that_do_not_fit_are_not_created(monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig.parse({"encoder": "none", "embedding_dim": 65_536})
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: 10**9)
    with pytest.raises(ConfigurationError, match=r"would take 10\d\d\.\d GB of memory, and 1\.0 GB .* embedding_dim"):
        build_within_memory(config, 10**6, 2, False, CPU, lambda: pytest.fail("the vectors were created"))


def test_a_layer_that_does_not_fit_is_not_allocated() -> None:
    """A weight of 4 · 65,536² numbers takes 69 GB; each of 40 layers has two of them."""
    config = RunConfig.parse({"encoder": "lstm", "hidden_dim": 65_536, "layers": 40, "embedding_dim": 4})
    with pytest.raises(ConfigurationError, match=r"lower one of .*hidden_dim \(65536\).*layers \(40\)"):
        build_within_memory(config, 3, 2, False, CPU, lambda: np.zeros((3, 4), np.float32))


@pytest.mark.parametrize("encoder", [*CONTEXTUALISERS, *WHOLE_ENCODERS])
def test_the_check_draws_no_random_numbers(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen vectors need one copy, other weights four; the rough count takes four for all, so the exact check runs."""
    keys = {"encoder": encoder, "hidden_dim": 12, "embedding_dim": 10, "max_tokens": 17, "freeze_vectors": True}
    config, table = RunConfig.parse(keys), np.zeros((23, 10), np.float32)
    checks, states = [], []
    exact = build_classifier(config, torch.from_numpy(table), 3)
    needed = sum(
        tensor.nbytes * (4 if tensor.requires_grad else 1) for tensor in [*exact.parameters(), *exact.buffers()]
    )
    monkeypatch.setattr(
        "textclf.training.building.check_fits", lambda *arguments: (checks.append(1), check_fits(*arguments))
    )
    for free in (10**9, needed):
        monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device, free=free: free)
        torch.manual_seed(0)
        states.append(build_within_memory(config, 23, 3, False, CPU, lambda: table).state_dict())
    assert len(checks) == 1, "only the second build reaches the limit"
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_training_and_loading_build_a_classifier_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    original = Classifier.__init__

    def counted(self: Classifier, *arguments: object) -> None:
        built.append(self)
        original(self, *arguments)

    monkeypatch.setattr(Classifier, "__init__", counted)
    config = RunConfig.parse({"encoder": "lstm", "hidden_dim": 4, "embedding_dim": 4, "epochs": 1})
    fit = Fit(config, Examples.of(["a film", "no film"], ["x", "y"]), None, ("x", "y"))
    list(fit)
    assert len(built) == 1
    fit.model.save(tmp_path / "model")
    Model.load(tmp_path / "model")
    assert len(built) == 2
