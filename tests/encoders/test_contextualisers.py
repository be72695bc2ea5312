"""Contextualisers against torch's own modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from textclf.encoders.contextualisers.cnn import CNN
from textclf.encoders.contextualisers.gru import GRU
from textclf.encoders.contextualisers.lstm import LSTM
from textclf.encoders.contextualisers.self_attention import Block, SelfAttention, Sinusoids
from textclf.encoders.encoder import Context
from textclf.encoders.poolings.last import LastPooling
from textclf.errors import ConfigurationError

DIM, HIDDEN, SEQ = 5, 3, 9
LENGTHS = (4, 9, 1, 6)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    mask = torch.arange(SEQ)[None] < torch.tensor(LENGTHS)[:, None]
    return torch.randn(len(LENGTHS), SEQ, DIM) * mask[:, :, None], mask


def reference(lstm: LSTM) -> nn.LSTM:
    """torch's bidirectional LSTM with the same weights."""
    whole = nn.LSTM(DIM, HIDDEN, num_layers=len(lstm.forwards), bidirectional=True, batch_first=True)
    with torch.no_grad():
        for layer, (forwards, backwards) in enumerate(zip(lstm.forwards, lstm.backwards, strict=True)):
            for module, suffix in ((forwards, ""), (backwards, "_reverse")):
                for name, value in module.named_parameters():
                    getattr(whole, name.replace("l0", f"l{layer}") + suffix).copy_(value)
    return whole


@pytest.mark.parametrize("layers", [1, 2])
def test_lstm_equals_a_loop_over_texts(layers: int) -> None:
    words, mask = batch()
    lstm = LSTM(DIM, HIDDEN, SEQ, layers=layers)
    context = lstm(words, mask)
    whole = reference(lstm)
    last = LastPooling(2 * HIDDEN, 3)(context, mask).vector
    for row, length in enumerate(LENGTHS):
        states, (final, _) = whole(words[row : row + 1, :length])
        torch.testing.assert_close(context.states[row, :length], states[0])
        torch.testing.assert_close(last[row], torch.cat([final[-2, 0], final[-1, 0]]))
    _, (final, _) = whole(words)
    assert not torch.allclose(last[0], torch.cat([final[-2, 0], final[-1, 0]])), "pads read as words must be seen"


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_gru_has_the_states_and_gradients_of_torch(layers: int, bidirectional: bool) -> None:
    words, mask = batch()
    gru = GRU(DIM, HIDDEN, SEQ, bidirectional=bidirectional, layers=layers).double()
    words = words.double().requires_grad_()
    weight = torch.randn(len(LENGTHS), SEQ, gru.output_dim, dtype=torch.double) * mask[:, :, None]

    def gradients(context: Context) -> list[torch.Tensor]:
        loss = (context.states * weight).sum() + (context.final * context.final).sum()
        return [
            context.states * mask[:, :, None],
            context.final,
            *torch.autograd.grad(loss, [words, *gru.parameters()]),
        ]

    packed = gradients(gru(words, mask))
    plain = gradients(_by_torch(gru, words, mask))
    torch.testing.assert_close(packed, plain, rtol=1e-10, atol=1e-10)
    pads_read = gradients(gru(words, torch.ones_like(mask)))
    assert not torch.allclose(packed[1], pads_read[1]), "pads read as words must be seen"


def _by_torch(gru: GRU, words: torch.Tensor, mask: torch.Tensor) -> Context:
    """torch's own GRU, as on a GPU."""
    states = words
    for layer in range(len(gru.forwards)):
        directions = LSTM._read(gru, layer, states, mask)
        states = torch.cat(directions, -1)
    last = directions[0][torch.arange(len(mask)), mask.sum(1) - 1]
    return Context(states, torch.cat([last, *(backwards[:, 0] for backwards in directions[1:])], -1))


def test_gru_is_in_float32_under_autocast_on_a_cpu() -> None:
    words, mask = batch()
    gru = GRU(DIM, HIDDEN, SEQ)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = words.bfloat16()
        states = gru(rounded, mask).states
    assert states.dtype == torch.float32
    assert torch.equal(states, gru(rounded.float(), mask).states)
    assert not torch.equal(states, gru(words, mask).states)
    states.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in gru.parameters())


def test_lstm_in_one_direction() -> None:
    words, mask = batch()
    lstm = LSTM(DIM, HIDDEN, SEQ, bidirectional=False)
    context = lstm(words, mask)
    assert context.states.shape == (len(LENGTHS), SEQ, HIDDEN)
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(context.final[row], context.states[row, length - 1])


@pytest.mark.parametrize("windows", [(1,), (2, 3), (4, 5)])
def test_cnn_equals_a_loop_over_windows(windows: tuple[int, ...]) -> None:
    words, mask = batch()
    cnn = CNN(DIM, HIDDEN, SEQ, windows, filters=4)
    states = cnn(words, mask).states
    for row, length in enumerate(LENGTHS):
        for position in range(length):
            expected = []
            for convolution, window in zip(cnn.convolutions, windows, strict=True):
                start = position - (window - 1) // 2
                seen = [words[row, p] if 0 <= p < length else torch.zeros(DIM) for p in range(start, start + window)]
                columns = torch.stack(seen, 1)
                expected.append((convolution.weight * columns).sum((1, 2)) + convolution.bias)
            torch.testing.assert_close(states[row, position], torch.cat(expected).relu())


def test_self_attention_equals_torch() -> None:
    dim, heads = 12, 3
    block = Block(dim, heads, 0.0, "scaled_dot", "softmax").eval()
    torch_attention = nn.MultiheadAttention(dim, heads, batch_first=True)
    with torch.no_grad():
        torch_attention.in_proj_weight.copy_(block.queries_keys_values.weight)
        torch_attention.in_proj_bias.copy_(block.queries_keys_values.bias)
        torch_attention.out_proj.load_state_dict(block.output.state_dict())
    states, mask = torch.randn(len(LENGTHS), SEQ, dim), batch()[1]
    found = block._attention(states, mask)
    expected, _ = torch_attention(states, states, states, key_padding_mask=~mask)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, torch_attention(states, states, states)[0])


def test_sinusoids_by_hand() -> None:
    waves = Sinusoids(5)(torch.arange(3))
    assert waves.shape == (3, 5)
    torch.testing.assert_close(waves[0], torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0]))
    torch.testing.assert_close(waves[2, :2], torch.tensor([0.9092974, -0.4161468]))
    torch.testing.assert_close(waves[2, 2], torch.tensor(2 / 10_000 ** (2 / 5)).sin())


def test_self_attention_tells_positions_apart() -> None:
    encoder = SelfAttention(DIM, 8, SEQ, positions="sinusoidal").eval()
    words, mask = batch()
    swapped = words.clone()
    swapped[1, [0, 5]] = words[1, [5, 0]]
    mean = [encoder(w, mask).states[1].mean(0) for w in (words, swapped)]
    assert (mean[0] - mean[1]).abs().max() > 1e-4


def test_heads_must_divide() -> None:
    with pytest.raises(ConfigurationError, match="heads: 5 does not divide hidden_dim 12"):
        SelfAttention(DIM, 12, SEQ, heads=5)


def test_context_is_what_poolings_take() -> None:
    assert Context._fields == ("states", "final", "other")
