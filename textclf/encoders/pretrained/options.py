"""Options of encoders that read the states of a pretrained language model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from textclf.bounds import Positive, Share, shown
from textclf.encoders.composed_options import PairOptions

MOST_LAYERS = 1000


class LanguageModelOptions(PairOptions):
    """Which language model an encoder reads, and how it is trained. `RunConfig.language_model` returns such options."""

    model: str = "minilm"
    revision: str | None = None
    layer: int | str = -1
    train: Literal["none", "full"] = "none"
    transformer_learning_rate: Positive = 5e-5
    warm_up: Share = 0.1
    joint: bool = False

    @field_validator("layer", mode="before")
    @classmethod
    def _layer(cls, layer: Any) -> Any:
        is_number = isinstance(layer, int) and not isinstance(layer, bool)
        if layer != "mix" and not (is_number and abs(layer) <= MOST_LAYERS):
            raise ValueError(f"expected the number of a layer, or mix, not {shown(layer)}")
        return layer

    @property
    def frozen(self) -> bool:
        """Whether training leaves the language model as it is."""
        return self.train == "none"
