"""Lazy updates of a table against torch's dense AdamW."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from textclf.config import RunConfig
from textclf.experiment.execution import execute
from textclf.experiment.preparation import prepare
from textclf.training import lazy
from textclf.training.lazy import EARLY, LazyAdamW

ROWS, DIM, STEPS = 11, 3, 1100  # more steps than the first table of sums holds


def trained(weight_decay: float, *, late: bool = True, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A dense and a lazy table after the same gradients; row r is read in about 1 of 3^r steps, the last row never."""
    random = torch.Generator().manual_seed(seed)
    start = torch.randn(ROWS, DIM, dtype=torch.float64, generator=random)
    dense, table = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    reference = torch.optim.AdamW([dense], lr=0.01, weight_decay=weight_decay)
    tested = LazyAdamW(table, 0.01, weight_decay)
    for _ in range(STEPS):
        rows = torch.nonzero(torch.rand(ROWS - 1, generator=random) < 3.0 ** -torch.arange(ROWS - 1.0))[:, 0]
        gradient = torch.randn(len(rows), DIM, dtype=torch.float64, generator=random)
        if late:
            tested.catch_up(rows)
        torch.testing.assert_close(table[rows], dense[rows], rtol=0, atol=1e-6) if late else None
        dense.grad = torch.zeros_like(dense).index_copy(0, rows, gradient)
        reference.step()
        tested.step(rows, gradient)
    if late:
        tested.catch_up()
    return dense.detach(), table.detach()


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_late_updates_equal_dense_updates(weight_decay: float) -> None:
    dense, late = trained(weight_decay)
    torch.testing.assert_close(late, dense, rtol=0, atol=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_without_the_late_updates_the_tables_differ(weight_decay: float) -> None:
    dense, never = trained(weight_decay, late=False)
    assert (dense - never).abs().max() > 1e-2


def test_a_row_that_was_never_read_does_not_change() -> None:
    start = torch.randn(ROWS, DIM, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    assert torch.equal(trained(0.0, seed=5)[1][-1], start[-1])


Gradients = list[tuple[Tensor, Tensor]]  # of each step: rows (n,) and their gradients (n, dim)


def difference(start: Tensor, gradients: Gradients, learning_rate: float, dtype: torch.dtype = torch.float64) -> float:
    """The largest difference between a dense and a lazy table, at each read of a row and at the end."""
    dense, table = nn.Parameter(start.to(dtype)), nn.Parameter(start.to(dtype).clone())
    reference = torch.optim.AdamW([dense], lr=learning_rate, weight_decay=0.0)
    tested, largest = LazyAdamW(table, learning_rate), 0.0
    for rows, gradient in gradients:
        tested.catch_up(rows)
        largest = max(largest, (table - dense)[rows].abs().max().item())
        dense.grad = torch.zeros_like(dense).index_copy(0, rows, gradient.to(dtype))
        reference.step()
        tested.step(rows, gradient.to(dtype))
    tested.catch_up()
    return max(largest, (table - dense).abs().max().item())


def one_node(sums: Tensor, least: float) -> tuple[Tensor, ...]:
    """A simpler `lazy.quadrature`: epsilon is constant, at its mean over the skipped steps."""
    mean = (sums[:, 1] / sums[:, 0]).nan_to_num().clamp(min=least)
    return sums[:, 0], mean, torch.zeros_like(mean), mean


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tensor, Gradients]:
    """Word vectors and their gradients in three epochs on 700 tweets, a long gap, and the same gradients again."""
    start: list[Tensor] = []
    gradients: Gradients = []

    class Recorded(LazyAdamW):
        def step(self, rows: Tensor, gradient: Tensor) -> None:
            if not start:
                start.append(self.table.detach().clone())
            gradients.append((rows, gradient.clone()))
            super().step(rows, gradient)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEXTCLF_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("textclf.training.loop.LazyAdamW", Recorded)
        sizes = {"hidden_dim": 4, "embedding_dim": 16}
        keys = {"dataset": "tweets", "encoder": "none", "pooling": "attention", "train_rows": 700, "test_rows": 10}
        config = RunConfig.parse(keys | sizes | {"epochs": 3, "precision": "float32"})
        execute(config, prepare(config), "none-attention")
    gap = [(torch.tensor([0]), torch.zeros(1, 16))] * 120
    return start[0], gradients + gap + gradients


def test_recorded_gradients_have_realistic_sizes(recorded: tuple[Tensor, Gradients]) -> None:
    values = torch.cat([gradient.flatten() for _, gradient in recorded[1]]).abs()
    assert 3e-5 < values[values > 0].median() < 1e-3
    assert 0.3 < (values == 0).double().mean() < 0.6
    assert (values[values > 0] < 1e-7).any(), "some are so small that epsilon matters"


@pytest.mark.parametrize("learning_rate", [1e-3, 3e-3])
def test_on_recorded_gradients_late_updates_equal_dense_updates(
    recorded: tuple[Tensor, Gradients], learning_rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert difference(*recorded, learning_rate) < 3e-7
    assert difference(*recorded, learning_rate, torch.float32) < 2e-6
    monkeypatch.setattr(lazy, "quadrature", one_node)
    assert difference(*recorded, learning_rate) > 3e-6


@pytest.mark.parametrize("first", [1, EARLY + 1, 40, 300])
@pytest.mark.parametrize("skipped", [1, 2, 20, 400])
def test_one_catch_up_errs_by_less_than_a_thousandth_of_the_learning_rate(first: int, skipped: int) -> None:
    """Row 1 has a gradient only in step ``first``, with values of many sizes; row 0 has a gradient in each step."""
    sizes = torch.logspace(-12, 0, 100, dtype=torch.float64)
    steps = [(torch.tensor([0]), torch.ones(1, 100))] * (first + skipped)
    steps[first - 1] = (torch.tensor([0, 1]), torch.stack([sizes, sizes]))
    assert difference(torch.zeros(2, 100), steps, 1.0) < 3e-4
