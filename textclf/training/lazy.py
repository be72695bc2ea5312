"""Lazy AdamW for a table of which each step reads few rows: a row is updated when it is next read."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

HORIZON = 400  # after this many skipped steps the remaining momentum is negligible in float32
EARLY = 16  # up to this step, all rows that have had a gradient are updated: the bias corrections still change quickly


class LazyAdamW:
    """AdamW (Loshchilov & Hutter 2019) over the rows of a table, with delayed updates of the rows without gradient.

    AdamW also moves a row without gradient, by its remaining momentum, which decays by ``beta_1`` a step. A dense
    optimiser therefore rewrites the whole table in each step. Here a row stays unchanged until it is next read; then
    `catch_up` applies all skipped updates at once. Let m and v be the row's moments after its last gradient, in step t.
    The updates of k steps without gradient add up to

        lr · m · Σ_{j=1..k} r^j c(t+j) / (√v + y_j),   r = β₁ / √β₂,   c(i) = √(1 − β₂^i) / (1 − β₁^i),
        y_j = ε √(1 − β₂^(t+j)) / √β₂^j

    With a weight decay of λ, r is divided by a = 1 − lr·λ, and row and sum are multiplied by a^k.

    The sum has no closed form, because ε is constant while √v decays. Gauss quadrature with two nodes approximates it
    (`quadrature`). From step `EARLY` on, the error of one `catch_up` is at most 0.03 % of the learning rate where √v is
    about as small as ε, and much smaller elsewhere. On the recorded gradients of a training run, with learning rates of
    1e-3 and 3e-3, the tables of both optimisers differ by less than 1e-6, which is float32's rounding.
    ``torch.optim.SparseAdam`` omits these updates, and its momentum does not decay while a row is not read.

    Parameters
    ----------
    table : Tensor
        ``(rows, dim)``, a parameter; its gradient must be sparse.
    learning_rate, weight_decay : float
    betas : (float, float), default (0.9, 0.999)
    epsilon : float, default 1e-8
    """

    def __init__(
        self,
        table: Tensor,
        learning_rate: float,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.table, self.learning_rate, self.betas, self.epsilon = table, learning_rate, betas, epsilon
        self.shrink = 1 - learning_rate * weight_decay or 1e-30  # never 0, because it is a divisor
        self.moments = table.new_zeros(len(table), 2, table.shape[1], requires_grad=False)  # m and v of each row
        self.steps = 0
        # The step at which each row was last updated.
        self.at = torch.zeros(len(table), dtype=torch.int64, device=table.device)
        self._tabulate(1024)

    def _tabulate(self, steps: int) -> None:
        """Precompute the sums from each step t on, and the decay after k skipped steps, for t and k below ``steps``."""
        sums, ratios = drift(steps, self.betas, self.epsilon, self.shrink)
        bases = torch.tensor([*self.betas, self.shrink, *ratios], dtype=torch.float64)
        left = bases ** torch.arange(steps)[:, None]
        self._sums, self._left = torch.from_numpy(sums).to(self.table.device), left.to(self.table.device)

    @torch.no_grad()
    def catch_up(self, rows: Tensor | None = None) -> None:
        """Apply the skipped updates of ``rows`` (``(n,)``, without repeats; by default all rows)."""
        if self.steps < EARLY and rows is not None:
            self._catch_up(torch.nonzero(self.at).flatten())
        self._catch_up(rows)

    def _catch_up(self, rows: Tensor | None) -> None:
        at, moments = _read(self.at, rows), _read(self.moments, rows)
        left = self._left.index_select(0, self.steps - at)
        sums = self._sums.index_select(0, at) - left[:, 3:] * self._sums[self.steps]
        size, mean, spread, far = quadrature(sums, self.epsilon * (1 - self.betas[1]) ** 0.5)
        columns = torch.stack([self.learning_rate * left[:, 2] * size, mean, spread, far, left[:, 2]])
        size, mean, spread, far, shrunk = columns.to(moments.dtype)[:, :, None]
        root = moments[:, 1].sqrt()
        correction = mean - spread / (root + far)
        moved = (moments[:, 0] * size).mul_(correction)
        _write(self.table, rows, (_read(self.table, rows) * shrunk).addcdiv_(moved, root.add_(correction), value=-1))
        _write(self.moments, rows, moments.mul_(left[:, :2, None].to(moments.dtype)))
        _write(self.at, rows, torch.full_like(at, self.steps))

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor) -> None:
        """Update ``rows`` ``(n,)`` with ``gradient`` ``(n, dim)``; call `catch_up` for these rows first."""
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
    """Like ``values[rows] = new``, but several times faster."""
    if rows is None:
        values.copy_(new)
    else:
        values.index_copy_(0, rows, new)


def drift(steps: int, betas: tuple[float, float], epsilon: float, shrink: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums that `LazyAdamW` needs, and their ratios.

    Returns
    -------
    sums : np.ndarray
        ``(steps, 4)``: Σ_{j≥1} r^j c(t+j) y_j^p for t from 0 to steps − 1 and p from −1 to 2. The part of such a sum
        from j = k + 1 on is the sum for t + k times ratio^k.
    ratios : np.ndarray
        ``(4,)``: r / √β₂^p for p from −1 to 2.
    """
    powers = np.arange(-1, 3)
    ratios = betas[0] / betas[1] ** 0.5 / shrink / betas[1] ** (powers / 2)
    later = np.arange(1, steps + HORIZON, dtype=float)[:, None]
    terms = epsilon**powers * np.sqrt(1 - betas[1] ** later) ** (powers + 1) / (1 - betas[0] ** later)
    sums = np.zeros((steps + HORIZON, len(powers)))
    # A huge weight decay overflows here; training then stops, because the loss is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps + HORIZON - 2, -1, -1):
            sums[t] = ratios * (terms[t] + sums[t + 1])
    return sums[:steps], ratios


def quadrature(sums: Tensor, least: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Approximate Σ_j w_j / (s + y_j) for every s ≥ 0 by Gauss quadrature with two nodes.

    The approximation is size · u / (s + u) with u = mean − spread / (s + far); it matches four sums Σ_j w_j y_j^p.

    Parameters
    ----------
    sums : Tensor
        ``(n, 4)``: these sums for p = −1, 0, 1, 2; 0 where there are no terms.
    least : float
        The smallest possible y.

    Returns
    -------
    size, mean, spread, far : Tensor
        ``(n,)`` each.
    """
    size = sums[:, 0]
    first, second, third = (sums[:, 1:] / size.clamp(min=1e-30)[:, None]).unbind(1)
    mean = first.clamp(min=least)
    variance = second - first.square()
    skew = third - first * (2 * variance + second)
    spread = torch.maximum(variance, 1e-9 * mean.square())  # the variance of a single term is 0 up to rounding
    return size, mean, spread, mean + skew / spread
