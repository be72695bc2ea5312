"""Euclidean score: falls with the distance between query and key."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.attend import Score
from textclf.attention.temperature import Temperature
from textclf.bounds import Positive
from textclf.registry import PartOptions

EPSILON = 1e-12  # smallest squared distance, because the slope of the root at 0 is infinite


class Euclidean(Score):
    """1 / (1 + ‖q − k‖) / τ, the match score of ABCNN, Yin et al. 2016 (arXiv 1512.05193), section 4.1.

    With τ = 1 the scores lie in (0, 1], which is too flat for a softmax. ABCNN has no softmax; its τ is 1 and fixed.
    Query and key have the same size.

    The squared distance is a difference of numbers that nearly cancel: in float32 the distance of a word to its
    repetition would be about 1e-3, and would depend on the shape of the batch. So the distance is computed in float64
    where the device has it; but in float32 under autocast, because rounding query and key loses more than that.

    Parameters
    ----------
    query_dim, key_dim : int
    temperature : float
        τ at the start.
    learn_temperature : bool
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
