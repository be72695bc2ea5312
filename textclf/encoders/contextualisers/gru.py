"""GRU: a recurrent network with fewer gates than an LSTM."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.amp import custom_fwd
from torch.autograd.function import once_differentiable

from textclf.encoders.contextualisers.lstm import LSTM

sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input


class GRU(LSTM):
    """Gated recurrent unit, Cho et al. 2014 (arXiv 1406.1078), in both directions; options and shapes as in `LSTM`.

    `PackedGRU` has the equations. Deviation, as in torch: the reset gate multiplies the matrix product W_h h + b_h; in
    the paper it multiplies h before the product. On a CPU torch runs a GRU as a dozen small operations for each step
    and direction; `PackedGRU` computes the same states and gradients in two thirds of the time.
    """

    network = nn.GRU

    def _states(self, layer: int, words: Tensor, mask: Tensor) -> list[Tensor]:
        if words.device.type != "cpu":
            return super()._states(layer, words, mask)
        networks = [self.forwards[layer], *self.backwards[layer : layer + 1]]
        inputs, hidden, input_bias, hidden_bias = (
            torch.stack([getattr(network, name) for network in networks])
            for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        )
        gates = 2 * hidden.shape[2]
        bias = torch.cat([input_bias[:, :gates] + hidden_bias[:, :gates], input_bias[:, gates:]], 1)
        places, counts = _by_step(mask, len(networks))
        flat = words.flatten(0, 1)
        packed = torch.stack([flat.index_select(0, place) for place in places])
        states = PackedGRU.apply(packed, inputs.mT, bias[:, None], hidden.mT, hidden_bias[:, None, gates:], counts)
        empty = states.new_zeros(len(flat), states.shape[2])
        return [
            empty.index_copy(0, place, state).view(*mask.shape, -1) for place, state in zip(places, states, strict=True)
        ]


def _by_step(mask: Tensor, directions: int) -> tuple[list[Tensor], list[int]]:
    """Order the words of a batch by time step, and count the words of each step.

    Returns
    -------
    list of Tensor
        ``(words,)`` for each direction: positions in the flattened batch. The first words of all texts come first, in
        decreasing order of text length; then their second words, and so on. In the backward direction, each text is
        read from its last word to its first.
    list of int
        Number of words in each step.
    """
    lengths = mask.sum(1)
    order = lengths.argsort(descending=True, stable=True)
    steps, rows = mask[order].t().nonzero(as_tuple=True)
    texts = order[rows]
    begins = texts * mask.shape[1]
    return [begins + steps, begins + lengths[texts] - 1 - steps][:directions], mask.sum(0).tolist()


class PackedGRU(torch.autograd.Function):
    """Compute all directions of a GRU over texts of unequal length, without padding.

        r, z = σ(W_i x + W_h h + b),   n = tanh(W_i x + b_i + r ⊙ (W_h h + b_h)),   h' = n + z ⊙ (h − n)

    x is a word, h the state before it and h' the state after it; σ is the logistic function. Each step is one matrix
    product and a few operations on values that are still in the processor's cache. The gradients of the weights are one
    product over all words. Under autocast all values stay in float32: the products have a different shape for each
    number of words, and in bfloat16 each shape needs its own kernel.

    Parameters
    ----------
    words : Tensor
        ``(directions, words, input)`` in the order of `_by_step`.
    inputs, bias, hidden, hidden_bias : Tensor
        ``(directions, input, 3 · dim)``, ``(directions, 1, 3 · dim)``, ``(directions, dim, 3 · dim)``,
        ``(directions, 1, dim)``: W_i and W_h transposed, gates in torch's order r, z, n.
    counts : list of int
        Number of words in each step.

    Returns
    -------
    Tensor
        States ``(directions, words, dim)``.
    """

    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(
        context: Any,
        words: Tensor,
        inputs: Tensor,
        bias: Tensor,
        hidden: Tensor,
        hidden_bias: Tensor,
        counts: list[int],
    ) -> Tensor:
        dim = hidden.shape[1]
        gates = torch.bmm(words, inputs).add_(bias)
        states, candidates = (gates.new_empty(*words.shape[:2], dim) for _ in range(2))
        state, start = gates.new_zeros(len(words), counts[0], dim), 0
        for count in counts:
            here = slice(start, start := start + count)
            product = torch.bmm(state[:, :count], hidden)
            gate, new = gates[:, here, : 2 * dim], gates[:, here, 2 * dim :]
            gate.add_(product[..., : 2 * dim]).sigmoid_()
            candidate = torch.add(product[..., 2 * dim :], hidden_bias, out=candidates[:, here])
            new.addcmul_(gate[..., :dim], candidate).tanh_()
            state = torch.lerp(new, state[:, :count], gate[..., dim:], out=states[:, here])
        context.save_for_backward(words, inputs, hidden, gates, candidates, states)
        context.counts = counts
        return states

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        words, inputs, hidden, gates, candidates, states = context.saved_tensors
        directions, total, dim = states.shape
        by_hidden, by_new = torch.empty_like(gates), torch.empty_like(states)  # by W_h h + b_h: r, z, n; by W_i x: n
        before = torch.zeros_like(states)
        carried = states.new_zeros(directions, context.counts[0], dim)
        transposed, end = hidden.mT.contiguous(), total
        for step in reversed(range(len(context.counts))):
            count = context.counts[step]
            here = slice(end - count, end)
            end -= count
            if step:
                previous = end - context.counts[step - 1]
                before[:, here] = states[:, previous : previous + count]
            reset, update, new = gates[:, here].split(dim, -1)
            by_reset, by_update, by_candidate = by_hidden[:, here].split(dim, -1)
            whole = gradient[:, here] + carried[:, :count]
            kept = whole * update
            sigmoid_backward((before[:, here] - new).mul_(whole), update, grad_input=by_update)
            tanh_backward(whole.sub_(kept), new, grad_input=by_new[:, here])
            sigmoid_backward(by_new[:, here] * candidates[:, here], reset, grad_input=by_reset)
            torch.mul(by_new[:, here], reset, out=by_candidate)
            torch.baddbmm(kept, by_hidden[:, here], transposed, out=carried[:, :count])
        by_input = torch.cat([by_hidden[..., : 2 * dim], by_new], -1)
        return (
            torch.bmm(by_input, inputs.mT) if context.needs_input_grad[0] else None,
            torch.bmm(words.mT, by_input),
            by_input.sum(1, keepdim=True),
            torch.bmm(before.mT, by_hidden),
            by_hidden[..., 2 * dim :].sum(1, keepdim=True),
            None,
        )
