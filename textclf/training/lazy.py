"""AdamW for a table of which a step touches few rows: the same updates, made when a row is next read."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

HORIZON = 400  # steps after which what a row's momentum still moves is below any float32


class LazyAdamW:
    """AdamW (Loshchilov & Hutter 2019) over the rows of a table, late but the same.

    A row without gradient still moves in AdamW: by what is left of its momentum, which fades by ``beta_1`` a step. A
    dense optimiser therefore rewrites the whole table each step. Here a row stands still until it is read again; then
    `catch_up` makes the moves that it missed, all at once: after k steps without gradient a row has moved by

        lr · m / √v · Σ_{j=1..k} r^j c(t+j),   r = β₁ / √β₂,   c(i) = √(1 − β₂^i) / (1 − β₁^i)

    where m and v are its moments after its last gradient, in step t. The sums are differences of one table over t.
    With a weight decay of λ, r is divided by a = 1 − lr·λ, and row and sum are multiplied by a^k. The only deviation
    is in ``epsilon``, which stands unfaded beside √v; it is a thousandth of it where gradients are ordinary.
    ``torch.optim.SparseAdam`` leaves these moves out, and its momentum does not fade while a row is not read.

    Parameters
    ----------
    table : nn.Parameter
        ``(rows, dim)``; its gradient must be sparse.
    learning_rate, weight_decay : float
    betas : (float, float), default (0.9, 0.999)
    epsilon : float, default 1e-8
    """

    def __init__(
        self,
        table: nn.Parameter,
        learning_rate: float,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.table, self.learning_rate, self.betas, self.epsilon = table, learning_rate, betas, epsilon
        self.shrink = 1 - learning_rate * weight_decay
        self.moments = table.new_zeros(len(table), 2, table.shape[1], requires_grad=False)  # m and v, side by side
        self.steps = 0
        self.at = torch.zeros(len(table), dtype=torch.int64, device=table.device)  # the step that each row is at
        self._tabulate(1024)

    def _tabulate(self, steps: int) -> None:
        """What a row that is at step t moves by, and what is left after k missed steps, for t and k below ``steps``."""
        (fade, fade_square), times = self.betas, torch.arange(steps, dtype=torch.float64)
        ratio = fade / fade_square**0.5 / self.shrink
        sums = drift(steps, self.betas, self.shrink)
        epsilons = self.epsilon * (1 - fade_square ** times.clamp(min=1)).sqrt()
        left = torch.stack([base**times for base in (fade, fade_square, self.shrink, ratio)], 1)
        self._sums, self._epsilons, self._left = (values.to(self.table.device) for values in (sums, epsilons, left))

    @torch.no_grad()
    def catch_up(self, rows: Tensor | None = None) -> None:
        """Bring ``rows``, ``(n,)`` without repeats, or all, to where a dense optimiser would have them now."""
        at, moments = _read(self.at, rows), _read(self.moments, rows)
        left = self._left.index_select(0, self.steps - at)
        shrunk, ratio = left[:, 2], left[:, 3]
        moves = shrunk * (self._sums.index_select(0, at) - ratio * self._sums[self.steps]) * self.learning_rate
        columns = torch.stack([moves, self._epsilons.index_select(0, at), shrunk]).to(moments.dtype)
        moves, epsilon, shrunk = columns[:, :, None]
        moved = (moments[:, 0] * moves).div_(moments[:, 1].sqrt().add_(epsilon))
        _write(self.table, rows, torch.addcmul(moved.neg_(), _read(self.table, rows), shrunk))
        _write(self.moments, rows, moments.mul_(left[:, :2, None].to(moments.dtype)))
        _write(self.at, rows, torch.full_like(at, self.steps))

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor) -> None:
        """One step: ``rows`` ``(n,)``, caught up before, learn from ``gradient`` ``(n, dim)``; the others wait."""
        (fade, fade_square) = self.betas
        self.steps += 1
        if self.steps >= len(self._sums):
            self._tabulate(2 * len(self._sums))
        moments = _read(self.moments, rows)
        mean, square = moments[:, 0], moments[:, 1]
        mean.lerp_(gradient, 1 - fade)
        square.mul_(fade_square).addcmul_(gradient, gradient, value=1 - fade_square)
        size = self.learning_rate / (1 - fade**self.steps)
        root = (square / (1 - fade_square**self.steps)).sqrt_().add_(self.epsilon)
        _write(self.table, rows, _read(self.table, rows).mul_(self.shrink).sub_((mean * size).div_(root)))
        _write(self.moments, rows, moments)
        _write(self.at, rows, torch.full_like(rows, self.steps))


def _read(values: Tensor, rows: Tensor | None) -> Tensor:
    return values if rows is None else values.index_select(0, rows)


def _write(values: Tensor, rows: Tensor | None, new: Tensor) -> None:
    """As ``values[rows] = new``, which takes several times as long."""
    if rows is None:
        values.copy_(new)
    else:
        values.index_copy_(0, rows, new)


def drift(steps: int, betas: tuple[float, float], shrink: float = 1.0) -> Tensor:
    """``(steps,)`` float64: Σ_{j≥1} r^j c(t+j) of `LazyAdamW`, for t from 0."""
    ratio = betas[0] / betas[1] ** 0.5 / shrink
    later = np.arange(1, steps + HORIZON, dtype=float)
    correction = np.sqrt(1 - betas[1] ** later) / (1 - betas[0] ** later)
    sums = np.zeros(steps + HORIZON)
    for t in range(steps + HORIZON - 2, -1, -1):
        sums[t] = ratio * (correction[t] + sums[t + 1])
    return torch.from_numpy(sums[:steps])
