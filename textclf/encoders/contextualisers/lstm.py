"""LSTM: a recurrent network with memory cells, in both directions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textclf.bounds import Few
from textclf.encoders.encoder import Context, Contextualiser, Sizes, last_word
from textclf.registry import PartOptions


class LSTM(Contextualiser):
    """Long short-term memory, Hochreiter & Schmidhuber 1997; both directions, Graves & Schmidhuber 2005.

    A state has ``hidden_dim`` values for each direction.

    Texts are not packed. In the forward direction, pads come after a text's last word; for the backward direction each
    text is reversed in place, so that pads come last too. The states are the same as those of packed texts. On a
    CPU this is 10 to 60 times faster than packing if texts differ in length.

    Parameters
    ----------
    sizes : Sizes
    bidirectional : bool
        Whether to read the text in both directions, not only from the first word to the last.
    layers : int
        Number of layers; each layer after the first reads the states of the layer before it.
    """

    default_pooling = "attention"

    network: type[nn.LSTM] | type[nn.GRU] = nn.LSTM

    class Options(PartOptions):
        bidirectional: bool = True
        layers: Few = 1

    def __init__(self, sizes: Sizes, *, bidirectional: bool, layers: int) -> None:
        super().__init__()
        self.output_dim = sizes.hidden_dim * (2 if bidirectional else 1)
        input_dims = [sizes.word_dim] + [self.output_dim] * (layers - 1)
        self.forwards = nn.ModuleList(self.network(dim, sizes.hidden_dim, batch_first=True) for dim in input_dims)
        self.backwards = nn.ModuleList(
            self.network(dim, sizes.hidden_dim, batch_first=True) for dim in (input_dims if bidirectional else [])
        )

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = words
        for layer in range(len(self.forwards)):
            directions = self._states(layer, states, mask)
            states = torch.cat(directions, -1)
        forwards, *backwards = directions
        return Context(states, torch.cat([last_word(forwards, mask), *(states[:, 0] for states in backwards)], -1))

    def _states(self, layer: int, words: Tensor, mask: Tensor) -> list[Tensor]:
        """Compute the states of a layer: a tensor ``(batch, seq, hidden_dim)`` for each direction."""
        directions = [self.forwards[layer](words)[0]]
        if self.backwards:
            reversal = _reversal(mask)
            directions.append(_reorder(self.backwards[layer](_reorder(words, reversal))[0], reversal))
        return directions


def _reversal(mask: Tensor) -> Tensor:
    """Return the permutation that reverses each text and leaves pads in place: ``(batch * seq,)``, its own inverse."""
    batch, seq = mask.shape
    positions = torch.arange(seq, device=mask.device).expand_as(mask)
    within = torch.where(mask, mask.sum(1, keepdim=True) - 1 - positions, positions)
    return (within + seq * torch.arange(batch, device=mask.device)[:, None]).flatten()


class _Reorder(torch.autograd.Function):
    """Permute states ``(batch, seq, dim)`` by a permutation that is its own inverse.

    The gradient copies whole rows too, whereas the gradient of torch's ``index_select`` adds value by value.
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
