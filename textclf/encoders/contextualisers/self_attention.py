"""Self-attention: a Transformer; each word has a query over all words."""

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
from textclf.encoders.encoder import Context, Contextualiser, Sizes, last_word
from textclf.errors import ConfigurationError, Problem
from textclf.registry import PartOptions


class SelfAttention(Contextualiser):
    """Blocks of multi-head self-attention, Vaswani et al. 2017 (arXiv 1706.03762), with layer normalisation first.

    A block computes x + attention(norm(x)), then x + feed_forward(norm(x)). A state has ``hidden_dim`` values.

    Deviations: layer normalisation comes before attention and feed-forward layer, and once at the end (Xiong et al.
    2020, arXiv 2002.04745), so that training needs no warm-up; the feed-forward layer has 2 · ``hidden_dim`` units and
    a GELU (in the paper 4 · ``hidden_dim`` units and a ReLU); a linear map changes the size of a word vector to
    ``hidden_dim``; any score and any normaliser can be chosen.

    Parameters
    ----------
    sizes : Sizes
    layers : int
        Number of blocks.
    heads : int
        Must divide ``hidden_dim``.
    positions : {"learned", "sinusoidal"}
        Vectors that are added to the words; ``learned`` has one for each of ``max_tokens`` positions, so a longer text
        is an error.
    block_dropout : float
        Dropout of each residual branch.
    score, normaliser : PartOptions
    """

    class Options(PartOptions):
        layers: Few = 1
        heads: Few = 4
        positions: Literal["learned", "sinusoidal"] = "learned"
        block_dropout: Share = 0.1
        score: PartOptions = SCORES.slot("scaled_dot")
        normaliser: PartOptions = NORMALISERS.slot("softmax")

    def __init__(
        self,
        sizes: Sizes,
        *,
        layers: int,
        heads: int,
        positions: str,
        block_dropout: float,
        score: PartOptions,
        normaliser: PartOptions,
    ) -> None:
        super().__init__()
        self.output_dim = dim = sizes.hidden_dim
        if dim % heads:
            raise ConfigurationError(Problem("heads", f"{heads} does not divide hidden_dim {dim}; choose a divisor"))
        self.project = nn.Linear(sizes.word_dim, dim)
        self.positions: nn.Module
        if positions == "learned":
            self.positions = nn.Embedding(sizes.max_tokens, dim)
            nn.init.normal_(self.positions.weight, std=0.02)
        else:
            self.positions = Sinusoids(dim)
        self.blocks = nn.ModuleList(AttentionBlock(dim, heads, block_dropout, score, normaliser) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, words: Tensor, mask: Tensor) -> Context:
        states = self.project(words) + self.positions(torch.arange(words.shape[1], device=words.device))
        for block in self.blocks:
            states = block(states, mask)
        states = self.norm(states)
        return Context(states, last_word(states, mask))


class AttentionBlock(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)), on states ``(batch, seq, dim)``."""

    def __init__(self, dim: int, heads: int, dropout: float, score: PartOptions, normaliser: PartOptions) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.queries_keys_values = nn.Linear(dim, 3 * dim)
        self.attend = Attend(dim // heads, dim // heads, score, normaliser, one_query_per="word")
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
    """Position vectors of Vaswani et al. 2017, section 3.5: sine and cosine of falling frequencies.

    The values 2i and 2i + 1 of position p are sin(p / 10000^(2i/dim)) and cos(p / 10000^(2i/dim)). Positions ``(seq,)``
    give vectors ``(seq, dim)``.
    """

    frequencies: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        frequencies = torch.exp(-math.log(10_000.0) * torch.arange(0, dim, 2) / dim)
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.dim = dim

    def forward(self, positions: Tensor) -> Tensor:
        angles = positions[:, None] * self.frequencies
        return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, : self.dim]
