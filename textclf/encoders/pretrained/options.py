"""Options of encoders that read the states of a pretrained language model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from textclf.bounds import Positive, Share
from textclf.encoders.composed_options import PairOptions


class LanguageModelOptions(PairOptions):
    """Which language model an encoder reads, and how it is trained. `RunConfig.language_model` returns such options."""

    model: str = "minilm"
    revision: str | None = None
    layer: Annotated[int, Field(strict=True)] | Literal["mix"] = -1
    train: Literal["none", "full"] = "none"
    transformer_learning_rate: Positive = 5e-5
    warm_up: Share = 0.1
    joint: bool = False

    @property
    def frozen(self) -> bool:
        """Whether training leaves the language model as it is."""
        return self.train == "none"
