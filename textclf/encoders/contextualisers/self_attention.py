"""Self-attention: every word reads every word; no recurrence, no convolution."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from textclf.attention.attend import Attend
from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.bounds import Few, Share
from textclf.encoders.dropout import Dropout
from textclf.encoders.encoder import Context, Contextualiser, last_word
from textclf.encoders.interactions import ContextualiserOptions
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError
from textclf.registry import PartOptions


class SelfAttention(Contextualiser):
    """Blocks of multi-head self-attention, Vaswani et al. 2017 (arXiv 1706.03762), normalised before each step.

    Deviations: layer normalisation stands before attention and feed-forward and once at the end (Xiong et al. 2020,
    arXiv 2002.04745), which trains without warm-up; a linear map brings word vectors to the model's size.

    Parameters
    ----------
    input_dim : int
        Size of a word vector.
    hidden_dim : int
        The model's size; the feed-forward layer has twice as many units.
    max_tokens : int
        How many positions can be learned; a longer text is an error with learned positions.
    layers : int, default 1
    heads : int, default 4
        Must divide ``hidden_dim``.
    positions : {"learned", "sinusoidal"}, default "learned"
    block_dropout : float, default 0.1
        On what each step adds.
    score, normaliser : PartOptions or str
    """

    class Options(ContextualiserOptions):
        layers: Few = 1
        heads: Few = 4
        positions: Literal["learned", "sinusoidal"] = "learned"
        block_dropout: Share = 0.1
        score: PartOptions = SCORES.slot("scaled_dot")
        normaliser: PartOptions = NORMALISERS.slot("softmax")
        pooling: PartOptions = POOLINGS.slot("mean")

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        max_tokens: int,
        layers: int = 1,
        heads: int = 4,
        positions: str = "learned",
        block_dropout: float = 0.1,
        score: PartOptions | str = "scaled_dot",
        normaliser: PartOptions | str = "softmax",
    ) -> None:
        super().__init__()
        if hidden_dim % heads:
            raise ConfigurationError(f"heads: {heads} does not divide hidden_dim {hidden_dim}; choose a divisor")
        self.output_dim = hidden_dim
        self.project = nn.Linear(input_dim, hidden_dim)
        self.positions: nn.Module
        if positions == "learned":
            self.positions = nn.Embedding(max_tokens, hidden_dim)
            nn.init.normal_(self.positions.weight, std=0.02)
        else:
            self.positions = Sinusoids(hidden_dim)
        self.blocks = nn.ModuleList(Block(hidden_dim, heads, block_dropout, score, normaliser) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden_dim)

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = self.project(words) + self.positions(torch.arange(words.shape[1], device=words.device))
        for block in self.blocks:
            states = block(states, mask)
        states = self.norm(states)
        return Context(states, last_word(states, mask))


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)); ``(batch, seq, dim)`` to the same."""

    def __init__(
        self, dim: int, heads: int, dropout: float, score: PartOptions | str, normaliser: PartOptions | str
    ) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.queries_keys_values = nn.Linear(dim, 3 * dim)
        self.attend = Attend(dim // heads, dim // heads, score, normaliser, askers="words")
        if self.attend.normaliser.needs_reward:
            raise ConfigurationError(
                "normaliser: hard_reinforce learns from one reading a text, and here every word reads; choose hard"
            )
        self.output = nn.Linear(dim, dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.dropout = Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        states = states + self.dropout(self._attention(self.attention_norm(states), mask))
        return states + self.dropout(self.feed_forward(self.feed_forward_norm(states)))

    def _attention(self, states: Tensor, mask: Tensor) -> Tensor:
        parts = self.queries_keys_values(states).chunk(3, -1)
        queries, keys, values = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        return self.output(self.attend.pooled(queries, keys, values, mask).transpose(1, 2).flatten(2))


class Sinusoids(nn.Module):
    """Sine and cosine of geometrically falling frequencies; positions ``(seq,)`` to ``(seq, dim)``."""

    frequencies: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        frequencies = torch.exp(-math.log(10_000.0) * torch.arange(0, dim, 2) / dim)
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.dim = dim

    def forward(self, positions: Tensor) -> Tensor:
        angles = positions[:, None] * self.frequencies
        return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, : self.dim]
