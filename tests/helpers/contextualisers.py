"""Reference contextualisers: loops over the words of one text, written from the papers' equations.

The loops take a part's weights and options, and call none of its code. A text is ``(words, dim)``, without pads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from helpers.attention import attend
from torch import Tensor, nn


class States(NamedTuple):
    """The states of a text's words ``(words, dim)``, its last hidden state, and the other text's last hidden state."""

    states: Tensor
    final: Tensor
    other: Tensor | None = None


def linear(layer: nn.Module, vector: Tensor) -> Tensor:
    return vector if isinstance(layer, nn.Identity) else layer.weight @ vector + layer.bias


def lstm_step(network: nn.LSTM, word: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    gates = network.weight_ih_l0 @ word + network.bias_ih_l0 + network.weight_hh_l0 @ hidden + network.bias_hh_l0
    input_, forget, candidate, output = gates.chunk(4)  # torch keeps them in this order
    cell = forget.sigmoid() * cell + input_.sigmoid() * candidate.tanh()
    return output.sigmoid() * cell.tanh(), cell


def gru_step(network: nn.GRU, word: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    of_word = (network.weight_ih_l0 @ word + network.bias_ih_l0).chunk(3)
    of_state = (network.weight_hh_l0 @ hidden + network.bias_hh_l0).chunk(3)
    reset, update = (of_word[0] + of_state[0]).sigmoid(), (of_word[1] + of_state[1]).sigmoid()
    candidate = (of_word[2] + reset * of_state[2]).tanh()
    return (1 - update) * candidate + update * hidden, cell


def run_in_order(
    step: Callable[..., tuple[Tensor, Tensor]], network: nn.LSTM | nn.GRU, words: list[Tensor]
) -> list[Tensor]:
    states, cell = [torch.zeros(network.hidden_size, dtype=torch.float64)], torch.zeros(network.hidden_size)
    for word in words:
        state, cell = step(network, word, states[-1], cell)
        states.append(state)
    return states[1:]


def recurrent(step: Callable[..., tuple[Tensor, Tensor]], part: Any, words: Tensor) -> States:
    states = list(words)
    for layer, network in enumerate(part.forwards):
        directions = [run_in_order(step, network, states)]
        if part.backwards:
            directions.append(run_in_order(step, part.backwards[layer], states[::-1]))
        final = torch.cat([direction[-1] for direction in directions])
        states = [
            torch.cat(both)
            for both in zip(directions[0], *(direction[::-1] for direction in directions[1:]), strict=True)
        ]
    return States(torch.stack(states), final)


def window_sum(filters: nn.Conv1d, words: Tensor, first: int) -> Tensor:
    """Apply filters to the window whose first word is at ``first``; outside the text, words are 0."""
    total = filters.bias
    for place in range(filters.kernel_size[0]):
        if 0 <= first + place < len(words):
            total = total + filters.weight[:, :, place] @ words[first + place]
    return total


def cnn(part: Any, words: Tensor) -> States:
    """Each word is the middle of a window; in a window of even size, the last word of the first half."""
    states = [
        torch.cat(
            [window_sum(filters, words, place - (filters.kernel_size[0] - 1) // 2) for filters in part.convolutions]
        ).clamp(min=0)
        for place in range(len(words))
    ]
    return States(torch.stack(states), states[-1])


def layer_norm(layer: nn.LayerNorm, vector: Tensor) -> Tensor:
    centred = vector - sum(vector) / len(vector)
    return centred / (sum(centred**2) / len(vector) + layer.eps).sqrt() * layer.weight + layer.bias


def gelu(vector: Tensor) -> Tensor:
    return torch.stack([value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in vector])


def sinusoid(place: int, dim: int) -> Tensor:
    angles = [place / 10_000 ** (2 * (at // 2) / dim) for at in range(dim)]
    return torch.tensor([math.cos(a) if at % 2 else math.sin(a) for at, a in enumerate(angles)], dtype=torch.float64)


def self_attention(part: Any, words: Tensor) -> States:
    dim = part.output_dim
    learned = isinstance(part.positions, nn.Embedding)
    states = [
        linear(part.project, word) + (part.positions.weight[place] if learned else sinusoid(place, dim))
        for place, word in enumerate(words)
    ]
    for block in part.blocks:
        projected = [
            linear(block.queries_keys_values, layer_norm(block.attention_norm, state)).chunk(3) for state in states
        ]
        queries, keys, values = ([three[kind].chunk(block.heads) for three in projected] for kind in range(3))
        for place, state in enumerate(states):
            heads = [
                attend(
                    block.attend, queries[place][head], [key[head] for key in keys], [value[head] for value in values]
                )[0]
                for head in range(block.heads)
            ]
            state = state + linear(block.output, torch.cat(heads))
            inner, _, outer = block.feed_forward
            states[place] = state + linear(outer, gelu(linear(inner, layer_norm(block.feed_forward_norm, state))))
    states = [layer_norm(part.norm, state) for state in states]
    return States(torch.stack(states), states[-1])


CONTEXTUALISER_OF: dict[str, Callable[[Any, Tensor], States]] = {
    "none": lambda part, words: States(words, words[-1]),
    "lstm": lambda part, words: recurrent(lstm_step, part, words),
    "gru": lambda part, words: recurrent(gru_step, part, words),
    "cnn": cnn,
    "self_attention": self_attention,
}
