"""AdamW for weights that every step updates, through torch's functional implementation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw


class AdamW:
    """AdamW (Loshchilov & Hutter 2019); its updates equal those of ``torch.optim.AdamW`` bit for bit.

    ``torch.optim.AdamW`` imports torch's compiler on first use, which costs half a second in every run.

    Parameters
    ----------
    parameters : sequence of nn.Parameter
        All on one device.
    learning_rate, weight_decay : float
    """

    def __init__(self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float) -> None:
        self.parameters, self.learning_rate, self.weight_decay = list(parameters), learning_rate, weight_decay
        self.means, self.squares = ([torch.zeros_like(weight) for weight in self.parameters] for _ in range(2))
        self._fused = bool(self.parameters) and self.parameters[0].device.type in {"cpu", "cuda"}
        self.steps = [
            torch.zeros((), dtype=torch.float32, device=weight.device if self._fused else "cpu")
            for weight in self.parameters
        ]

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have a gradient."""
        indices = [index for index, weight in enumerate(self.parameters) if weight.grad is not None]
        if not indices:
            return

        def select(tensors: Sequence[Tensor]) -> list[Tensor]:
            return [tensors[index] for index in indices]

        adamw(
            select(self.parameters),
            [weight.grad for weight in self.parameters if weight.grad is not None],
            select(self.means),
            select(self.squares),
            [],
            select(self.steps),
            fused=self._fused or None,  # None: torch chooses
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
            eps=1e-8,
            maximize=False,
        )
