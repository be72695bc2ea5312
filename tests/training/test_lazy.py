"""Lazy updates of a table against torch's dense AdamW."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textclf.training.lazy import LazyAdamW

ROWS, DIM, STEPS = 11, 3, 2500  # more steps than the first table of sums holds


def trained(weight_decay: float, *, late: bool = True, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A dense and a lazy table after the same gradients; row r is read about every 3^r-th step, the last one never."""
    random = torch.Generator().manual_seed(seed)
    start = torch.randn(ROWS, DIM, dtype=torch.float64, generator=random)
    dense, table = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    reference = torch.optim.AdamW([dense], lr=0.01, weight_decay=weight_decay)
    lazy = LazyAdamW(table, 0.01, weight_decay)
    for _ in range(STEPS):
        rows = torch.nonzero(torch.rand(ROWS - 1, generator=random) < 3.0 ** -torch.arange(ROWS - 1.0))[:, 0]
        gradient = torch.randn(len(rows), DIM, dtype=torch.float64, generator=random)
        if late:
            lazy.catch_up(rows)
        torch.testing.assert_close(table[rows], dense[rows], rtol=0, atol=1e-6) if late else None
        dense.grad = torch.zeros_like(dense).index_copy(0, rows, gradient)
        reference.step()
        lazy.step(rows, gradient)
    if late:
        lazy.catch_up()
    return dense.detach(), table.detach()


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_late_updates_equal_dense_ones(weight_decay: float) -> None:
    dense, lazy = trained(weight_decay)
    torch.testing.assert_close(lazy, dense, rtol=0, atol=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_updates_that_are_never_made_up_for_differ(weight_decay: float) -> None:
    dense, lazy = trained(weight_decay, late=False)
    assert (dense - lazy).abs().max() > 1e-2


def test_a_row_that_was_never_read_stays_as_it_is() -> None:
    start = torch.randn(ROWS, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    assert torch.equal(trained(0.0, seed=5)[1][-1], start[-1])
