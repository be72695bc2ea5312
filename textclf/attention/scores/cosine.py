"""Cosine score: the cosine of the angle between query and key."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from textclf.attention.attend import Score
from textclf.attention.temperature import Temperature
from textclf.bounds import Positive
from textclf.registry import PartOptions


class Cosine(Score):
    """(q · k) / (‖q‖ ‖k‖ τ), Graves, Wayne & Danihelka 2014 (arXiv 1410.5401), equations 5 and 6 (β = 1/τ).

    The query q and the key k have the same size. The cosine lies in [-1, 1]: with τ = 1, a softmax over twenty
    keys gives each of them less than a third of the weight. Deviation: τ is fixed, or one learned number; in the
    paper the network computes β at each step.

    Parameters
    ----------
    query_dim, key_dim : int
    temperature : float
        τ at the start.
    learn_temperature : bool
        Whether τ is a learned number; otherwise it is fixed.
    """

    same_size = True

    class Options(PartOptions):
        temperature: Positive = 0.1
        learn_temperature: bool = True

    def __init__(self, query_dim: int, key_dim: int, *, temperature: float, learn_temperature: bool) -> None:
        super().__init__(query_dim, key_dim)
        self.temperature = Temperature(temperature, learn_temperature)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        queries, keys = functional.normalize(queries, dim=-1), functional.normalize(keys, dim=-1)
        return self.temperature(queries @ keys.transpose(1, 2))
