"""A bootstrap that draws once: pages with hundreds of intervals are written again in seconds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest


class KeptDraws:
    """A numpy generator; what it drew for the same calls after the same seed, it gives again and does not draw anew."""

    def __init__(self, seed: int, kept: dict[tuple[Any, ...], tuple[np.ndarray, Any]]) -> None:
        self.generator, self.calls, self.kept = np.random.default_rng(seed), (seed,), kept

    def multinomial(self, trials: int, chances: np.ndarray, size: int) -> np.ndarray:
        self.calls = (*self.calls, trials, len(chances), size)
        if self.calls not in self.kept:
            counts = self.generator.multinomial(trials, chances, size)
            self.kept[self.calls] = counts.astype(float), self.generator.bit_generator.state  # multiplied faster
        drawn, self.generator.bit_generator.state = self.kept[self.calls]
        return drawn


def keep_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the package's statistics, and nothing else, draw from `KeptDraws`."""
    kept: dict[tuple[Any, ...], tuple[np.ndarray, Any]] = {}
    random = SimpleNamespace(default_rng=lambda seed: KeptDraws(seed, kept))
    monkeypatch.setattr("textclf.evaluation.statistics.np", SimpleNamespace(**(vars(np) | {"random": random})))
