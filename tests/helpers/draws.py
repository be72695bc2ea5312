"""A bootstrap that draws once: pages with hundreds of intervals are written again in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

default_rng = np.random.default_rng


class KeptDraws:
    """A numpy generator; what it drew for the same calls after the same seed, it gives again and does not draw anew."""

    def __init__(self, seed: int, kept: dict[tuple[Any, ...], tuple[np.ndarray, Any]]) -> None:
        self.generator, self.calls, self.kept = default_rng(seed), (seed,), kept

    def multinomial(self, trials: int, chances: np.ndarray, size: int) -> np.ndarray:
        self.calls = (*self.calls, trials, len(chances), size)
        if self.calls not in self.kept:
            drawn = self.generator.multinomial(trials, chances, size).astype(
                float
            )  # the same numbers, multiplied faster
            self.kept[self.calls] = drawn, self.generator.bit_generator.state
        drawn, self.generator.bit_generator.state = self.kept[self.calls]
        return drawn


def keep_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[Any, ...], tuple[np.ndarray, Any]] = {}
    monkeypatch.setattr("numpy.random.default_rng", lambda seed: KeptDraws(seed, kept))
