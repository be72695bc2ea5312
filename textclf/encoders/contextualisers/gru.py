"""GRU: words are read in order with fewer gates than an LSTM's."""

from __future__ import annotations

from torch import nn

from textclf.encoders.contextualisers.lstm import LSTM


class GRU(LSTM):
    """Gated recurrent unit, Cho et al. 2014 (arXiv 1406.1078), both directions; read, and told the same, as `LSTM`.

    torch's variant: the reset gate acts after the matrix product (Chung et al. 2014 have it before).
    """

    network = nn.GRU
