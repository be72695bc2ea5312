"""The states of a pretrained language model as word vectors."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from textclf.data.batching import TextBatch
from textclf.data.cache import digest
from textclf.data.language_models import LanguageModelFiles
from textclf.data.subwords import SubwordTokenizer
from textclf.encoders.dropout import Dropout
from textclf.encoders.embedding import Schedule, WordSource
from textclf.encoders.pretrained.network import (
    Network,
    build_network,
    frozen_network,
    library_versions,
    load_network,
    network_size,
)
from textclf.encoders.pretrained.options import LanguageModelOptions
from textclf.errors import ConfigurationError, Problem


class PretrainedWords(WordSource):
    """Compute the vectors of a text's tokens with a pretrained language model.

    A frozen language model is not a part of this module: it is loaded at the first use, shared by all models of the
    process, and neither saved nor copied with the module's weights.

    Parameters
    ----------
    files : LanguageModelFiles
    options : LanguageModelOptions
        ``layer: mix`` learns γ Σ_l softmax(s)_l h_l over the states h_l of all layers, Peters et al. 2018
        (arXiv 1802.05365), equation 1; s and γ start as 0 and 1.
    dropout : float
        Dropout of the vectors.
    pretrained : bool, default True
        Whether a language model that is trained starts with the weights in ``files``; else they are random, because
        saved weights replace them.
    """

    def __init__(
        self, files: LanguageModelFiles, options: LanguageModelOptions, dropout: float, pretrained: bool = True
    ) -> None:
        super().__init__()
        self.files, self.layer, self.output_dim = files, _checked_layer(files, options.layer), files.hidden_size
        self.tokenizer = SubwordTokenizer.load(files.tokenizer)
        self.dropout, self.joint = Dropout(dropout), options.joint
        self.mixed = nn.Parameter(torch.zeros(files.layers + 1)) if self.layer == "mix" else None
        self.scale = nn.Parameter(torch.ones(())) if self.layer == "mix" else None
        self.network: Network | None = None
        if not options.frozen:
            on_meta = torch.empty(0).device.type == "meta"  # only shapes are wanted
            self.network = load_network(files) if pretrained and not on_meta else build_network(files)
            self.schedule = Schedule(options.transformer_learning_rate, options.warm_up)

    def scheduled_parameters(self) -> Iterator[nn.Parameter]:
        """Return the language model's parameters, but not the weights of ``layer: mix``, which are not pretrained."""
        return iter(()) if self.network is None else self.network.parameters()

    @property
    def frozen(self) -> bool:
        """Whether training leaves the language model as it is, so that its states can be stored."""
        return self.network is None

    @property
    def states_dim(self) -> int:
        """The number of values that `states` returns for a token: those of one layer, or of all layers."""
        return self.output_dim * (self.files.layers + 1 if self.layer == "mix" else 1)

    @property
    def states_key(self) -> str:
        """A hash of everything that decides the states of given tokens."""
        return digest(self.files.sha256, str(self.layer), *library_versions())

    def count_parameters(self) -> int:
        return super().count_parameters() + (self.count_pretrained() if self.frozen else 0)

    def count_pretrained(self) -> int:
        return network_size(self.files)

    def forward(self, text: TextBatch) -> Tensor:
        """Return the vectors of a batch of texts, ``(batch, seq, dim)``, 0 at pads."""
        states = self.states(text) if text.states is None else text.states.float()
        if self.mixed is not None and self.scale is not None:
            layers = states.unflatten(-1, (-1, self.output_dim))
            states = self.scale * torch.einsum("bsld,l->bsd", layers, self.mixed.softmax(0))
        return self.dropout(states) * text.mask[:, :, None]

    def states(self, text: TextBatch) -> Tensor:
        """Return the language model's states ``(batch, seq, states_dim)``; those of a frozen one are float32."""
        if self.network is not None:
            return self._chosen(self.network, text)
        device = text.tokens.device
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            return self._chosen(frozen_network(self.files, device), text)

    def _chosen(self, network: Network, text: TextBatch) -> Tensor:
        layers = network(text.tokens, text.mask, text.sentences if self.joint else None)
        return torch.cat(layers, -1) if self.layer == "mix" else layers[int(self.layer)]


def _checked_layer(files: LanguageModelFiles, layer: int | str) -> int | str:
    if isinstance(layer, int) and not -files.layers - 1 <= layer <= files.layers:
        raise ConfigurationError(
            Problem(
                "layer",
                f"{layer}, but {files.name} has the layers 0 (its embeddings) to {files.layers}; -1 is the last one, "
                "and mix learns weights for all",
            )
        )
    return layer
