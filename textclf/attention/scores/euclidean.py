"""Euclidean score: falls with the distance between query and key."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Score
from textclf.attention.temperature import Temperature
from textclf.bounds import Positive
from textclf.registry import PartOptions

EPSILON = 1e-12  # smallest squared distance, because the derivative of the square root is infinite at 0


class Euclidean(Score):
    """1 / (1 + ‖q − k‖) / τ, the match score of ABCNN, Yin et al. 2016 (arXiv 1512.05193), section 4.1.

    The query q and the key k have the same size. Deviation: the temperature τ. With τ = 1 the scores lie in (0, 1], and
    a softmax of them is almost uniform. ABCNN has no softmax, and uses τ = 1.

    The squared distance is a difference of numbers that nearly cancel: in float32 the distance between a word and its
    repetition would be about 1e-3, and would depend on the shape of the batch. So the distance is computed in float64
    if the device supports it. Under autocast float32 is enough, because queries and keys are already rounded.

    Parameters
    ----------
    query_dim, key_dim : int
    temperature : float
        τ at the start.
    learn_temperature : bool
        Whether τ is a learned number; otherwise it is fixed.
    """

    positive = True
    same_size = True

    class Options(PartOptions):
        temperature: Positive = 0.02
        learn_temperature: bool = True

    def __init__(self, query_dim: int, key_dim: int, *, temperature: float, learn_temperature: bool) -> None:
        super().__init__(query_dim, key_dim)
        self.temperature = Temperature(temperature, learn_temperature)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        device = queries.device.type
        wide = torch.float32 if device == "mps" or torch.is_autocast_enabled(device) else torch.float64
        narrow = torch.promote_types(torch.promote_types(queries.dtype, keys.dtype), torch.float32)
        with torch.autocast(device, enabled=False):
            queries, keys = queries.to(wide), keys.to(wide)
            squares = queries.square().sum(-1)[:, :, None] + keys.square().sum(-1)[:, None, :]
            distance = (squares - 2 * queries @ keys.transpose(1, 2)).clamp_min(EPSILON).sqrt()
            return self.temperature((1 / (1 + distance)).to(narrow))
