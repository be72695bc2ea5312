"""Dropout near 1: the largest probability that the settings allow, and larger ones, which are refused."""

from __future__ import annotations

import pytest
import torch

from textclf.config import RunConfig
from textclf.encoders.dropout import Dropout
from textclf.errors import ConfigurationError

KEYS = {"encoder": "self_attention", "positions": "sinusoidal"}


@pytest.mark.parametrize("key", ["dropout", "block_dropout"])
@pytest.mark.parametrize("value", [0.999999, 1.0, 1.5])
def test_a_probability_near_one_is_refused(key: str, value: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RunConfig.parse(KEYS | {key: value})
    assert [str(problem) for problem in caught.value.problems] == [
        f"{key}: input should be less than or equal to 0.999, not {value}"
    ]


@pytest.mark.parametrize("key", ["dropout", "block_dropout"])
def test_the_largest_probability_keeps_the_mean(key: str) -> None:
    probability = RunConfig.parse(KEYS | {key: 0.999}).flat()[key]
    torch.manual_seed(0)
    kept = Dropout(probability).train()(torch.ones(4_000_000))
    assert kept.max().item() == pytest.approx(1000, rel=0.01)
    assert (kept > 0).double().mean().item() == pytest.approx(0.001, rel=0.06)
    assert kept.double().mean().item() == pytest.approx(1, rel=0.06)
