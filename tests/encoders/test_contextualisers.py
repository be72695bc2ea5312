"""Contextualisers against torch's own modules, against loops and against values computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.encoders.contextualisers.gru import GRU
from textclf.encoders.contextualisers.lstm import LSTM
from textclf.encoders.contextualisers.self_attention import Sinusoids
from textclf.encoders.encoder import Context, Sizes
from textclf.errors import ConfigurationError

DIM, HIDDEN, SEQ = 5, 3, 9
LENGTHS = (4, 9, 1, 6)


def build(name: str, hidden_dim: int = HIDDEN, **options: object) -> Any:
    return CONTEXTUALISERS.build(CONTEXTUALISERS.options(name, options), Sizes(DIM, hidden_dim, SEQ, classes=2))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    mask = torch.arange(SEQ)[None] < torch.tensor(LENGTHS)[:, None]
    return torch.randn(len(LENGTHS), SEQ, DIM) * mask[:, :, None], mask


def reference(lstm: LSTM) -> nn.LSTM:
    """Copy the weights into torch's bidirectional LSTM."""
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
    lstm = build("lstm", layers=layers)
    context = lstm(words, mask)
    whole = reference(lstm)
    for row, length in enumerate(LENGTHS):
        states, (final, _) = whole(words[row : row + 1, :length])
        torch.testing.assert_close(context.states[row, :length], states[0])
        torch.testing.assert_close(context.final[row], torch.cat([final[-2, 0], final[-1, 0]]))
    _, (final, _) = whole(words)
    assert not torch.allclose(context.final[0], torch.cat([final[-2, 0], final[-1, 0]])), (
        "this test must fail if pads count as words"
    )


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_gru_has_the_states_and_gradients_of_torch(layers: int, bidirectional: bool) -> None:
    words, mask = batch()
    gru = build("gru", bidirectional=bidirectional, layers=layers).double()
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
    pads_as_words = gradients(gru(words, torch.ones_like(mask)))
    assert not torch.allclose(packed[1], pads_as_words[1]), "this test must fail if pads count as words"


def _by_torch(gru: GRU, words: torch.Tensor, mask: torch.Tensor) -> Context:
    """Compute the states with torch's own GRU, as the encoder does on a GPU."""
    states = words
    for layer in range(len(gru.forwards)):
        directions = LSTM._states(gru, layer, states, mask)
        states = torch.cat(directions, -1)
    last = directions[0][torch.arange(len(mask)), mask.sum(1) - 1]
    return Context(states, torch.cat([last, *(backwards[:, 0] for backwards in directions[1:])], -1))


def test_gru_computes_in_float32_under_autocast_on_a_cpu() -> None:
    words, mask = batch()
    gru = build("gru")
    with torch.autocast("cpu", torch.bfloat16):
        rounded = words.bfloat16()
        states = gru(rounded, mask).states
    assert states.dtype == torch.float32
    assert torch.equal(states, gru(rounded.float(), mask).states)
    assert not torch.equal(states, gru(words, mask).states)
    states.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in gru.parameters())


def test_the_final_state_of_a_one_directional_lstm_is_that_of_the_last_word() -> None:
    words, mask = batch()
    lstm = build("lstm", bidirectional=False)
    context = lstm(words, mask)
    assert context.states.shape == (len(LENGTHS), SEQ, HIDDEN)
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(context.final[row], context.states[row, length - 1])


@pytest.mark.parametrize("windows", [(1,), (2, 3), (4, 5)])
def test_cnn_equals_a_loop_over_windows(windows: tuple[int, ...]) -> None:
    words, mask = batch()
    cnn = build("cnn", windows=windows, filters=4)
    states = cnn(words, mask).states
    for row, length in enumerate(LENGTHS):
        for position in range(length):
            expected = []
            for convolution, window in zip(cnn.convolutions, windows, strict=True):
                start = position - (window - 1) // 2
                window_words = [
                    words[row, p] if 0 <= p < length else torch.zeros(DIM) for p in range(start, start + window)
                ]
                columns = torch.stack(window_words, 1)
                expected.append((convolution.weight * columns).sum((1, 2)) + convolution.bias)
            torch.testing.assert_close(states[row, position], torch.cat(expected).relu())


def test_self_attention_equals_torch() -> None:
    dim, heads = 12, 3
    (block,) = build("self_attention", dim, heads=heads).eval().blocks
    torch_attention = nn.MultiheadAttention(dim, heads, batch_first=True)
    with torch.no_grad():
        torch_attention.in_proj_weight.copy_(block.queries_keys_values.weight)
        torch_attention.in_proj_bias.copy_(block.queries_keys_values.bias)
        torch_attention.out_proj.load_state_dict(block.output.state_dict())
    states, mask = torch.randn(len(LENGTHS), SEQ, dim), batch()[1]
    attended = block._attention(states, mask)
    expected, _ = torch_attention(states, states, states, key_padding_mask=~mask)
    torch.testing.assert_close(attended, expected)
    assert not torch.allclose(attended, torch_attention(states, states, states)[0])


def test_sinusoids_by_hand() -> None:
    waves = Sinusoids(5)(torch.arange(3))
    assert waves.shape == (3, 5)
    torch.testing.assert_close(waves[0], torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0]))
    torch.testing.assert_close(waves[2, :2], torch.tensor([0.9092974, -0.4161468]))
    torch.testing.assert_close(waves[2, 2], torch.tensor(2 / 10_000 ** (2 / 5)).sin())


def test_self_attention_depends_on_positions() -> None:
    encoder = build("self_attention", 8, positions="sinusoidal").eval()
    words, mask = batch()
    swapped = words.clone()
    swapped[1, [0, 5]] = words[1, [5, 0]]
    mean = [encoder(w, mask).states[1].mean(0) for w in (words, swapped)]
    assert (mean[0] - mean[1]).abs().max() > 1e-4


def test_heads_must_divide_hidden_dim() -> None:
    with pytest.raises(ConfigurationError, match="heads: 5 does not divide hidden_dim 12"):
        build("self_attention", 12, heads=5)
