"""AdamW gives the same bits as torch's class."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from textclf.training.adamw import AdamW


def trained(weight_decay: float, ours: bool) -> list[Tensor]:
    """Return three parameters after six steps; the second has a gradient in two steps, the third in no step."""
    generator = torch.Generator().manual_seed(1)
    parameters = [nn.Parameter(torch.randn(size, generator=generator)) for size in ((3, 5), (7,), (2,))]
    optimiser = (
        AdamW(parameters, 0.01, weight_decay)
        if ours
        else torch.optim.AdamW(parameters, lr=0.01, weight_decay=weight_decay, fused=True)
    )
    for step in range(6):
        for place, parameter in enumerate(parameters):
            has_gradient = place == 0 or (place == 1 and step in {1, 4})
            parameter.grad = torch.randn(parameter.shape, generator=generator) if has_gradient else None
        optimiser.step()
    return [parameter.detach() for parameter in parameters]


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_updates_equal_the_updates_of_torch_bit_for_bit(weight_decay: float) -> None:
    ours, theirs = trained(weight_decay, ours=True), trained(weight_decay, ours=False)
    assert all(torch.equal(*pair) for pair in zip(ours, theirs, strict=True))


def test_the_weight_decay_changes_the_result() -> None:
    assert not torch.equal(trained(0.0, ours=True)[0], trained(0.1, ours=True)[0])


def test_a_parameter_without_a_gradient_does_not_change() -> None:
    parameter = nn.Parameter(torch.ones(3))
    AdamW([parameter], 0.1, 0.1).step()
    assert torch.equal(parameter, torch.ones(3))
