"""LSTM: words are read in order, forwards and backwards."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textclf.bounds import Few
from textclf.encoders.encoder import Context, Contextualiser, last_word
from textclf.encoders.interactions import ContextualiserOptions
from textclf.encoders.poolings import POOLINGS
from textclf.registry import PartOptions


class LSTM(Contextualiser):
    """Long short-term memory, Hochreiter & Schmidhuber 1997; both directions, Graves & Schmidhuber 2005.

    Sequences are not packed. The forward direction never sees the pads behind a text; the backward direction reads
    each text reversed by a gather, so it does not either. On a CPU that is 10 to 60 times faster than packing texts
    of unequal length, and gives the same states.

    Parameters
    ----------
    input_dim : int
        Size of a word vector.
    hidden_dim : int
        Size of a state, a direction.
    max_tokens : int
        Not used: an LSTM reads any length.
    bidirectional : bool, default True
    layers : int, default 1
    """

    network: type[nn.LSTM] | type[nn.GRU] = nn.LSTM

    class Options(ContextualiserOptions):
        bidirectional: bool = True
        layers: Few = 1
        pooling: PartOptions = POOLINGS.slot("attention")

    def __init__(
        self, input_dim: int, hidden_dim: int, max_tokens: int, bidirectional: bool = True, layers: int = 1
    ) -> None:
        super().__init__()
        self.output_dim = hidden_dim * (2 if bidirectional else 1)
        sizes = [input_dim] + [self.output_dim] * (layers - 1)
        self.forwards = nn.ModuleList(self.network(size, hidden_dim, batch_first=True) for size in sizes)
        self.backwards = nn.ModuleList(
            self.network(size, hidden_dim, batch_first=True) for size in (sizes if bidirectional else [])
        )

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = words
        for layer in range(len(self.forwards)):
            directions = self._read(layer, states, mask)
            states = torch.cat(directions, -1)
        forwards, *backwards = directions
        return Context(states, torch.cat([last_word(forwards, mask), *(states[:, 0] for states in backwards)], -1))

    def _read(self, layer: int, words: Tensor, mask: Tensor) -> list[Tensor]:
        """The states of a layer, a direction each, ``(batch, seq, hidden_dim)`` in the texts' own order."""
        read = [self.forwards[layer](words)[0]]
        if self.backwards:
            reversal = _reversal(mask)
            read.append(_reorder(self.backwards[layer](_reorder(words, reversal))[0], reversal))
        return read


def _reversal(mask: Tensor) -> Tensor:
    """Where each word goes when each text is reversed in place and pads stay: ``(batch * seq,)``, its own inverse."""
    batch, seq = mask.shape
    positions = torch.arange(seq, device=mask.device).expand_as(mask)
    within = torch.where(mask, mask.sum(1, keepdim=True) - 1 - positions, positions)
    return (within + seq * torch.arange(batch, device=mask.device)[:, None]).flatten()


class _Reorder(torch.autograd.Function):
    """States ``(batch, seq, dim)`` in another order, which is its own inverse.

    So a gradient goes back by the same copy of whole rows; torch's own would add value by value.
    """

    @staticmethod
    def forward(states: Tensor, order: Tensor) -> Tensor:
        return states.flatten(0, 1).index_select(0, order).view_as(states)

    @staticmethod
    def setup_context(context: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        context.save_for_backward(inputs[1])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _reorder(gradient, *context.saved_tensors), None


def _reorder(states: Tensor, order: Tensor) -> Tensor:
    return _Reorder.apply(states, order)
