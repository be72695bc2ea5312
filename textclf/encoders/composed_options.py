"""Options of a composed encoder: a contextualiser's own options, and those that the composition adds."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import create_model

from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.registry import PartOptions


class PairOptions(PartOptions):
    """How a composed encoder combines the two texts of a pair."""

    interaction: PartOptions = INTERACTIONS.slot("siamese")


class ComposedOptions(PairOptions):
    """Base class of the options of a composed encoder; `composed_options` adds the contextualiser's own."""

    pooling: PartOptions


@cache
def composed_options(contextualiser: Any) -> type[ComposedOptions]:
    """Create the options class of the encoder that composes the class ``contextualiser`` with other parts.

    The default of ``pooling`` is the contextualiser's ``default_pooling``. pydantic orders fields from the last base
    class to the first one: ``interaction``, the contextualiser's own options, ``pooling``. Rows of results keep this
    order.
    """
    bases = (ComposedOptions, contextualiser.Options, PairOptions)
    return create_model("Options", __base__=bases, pooling=(PartOptions, POOLINGS.slot(contextualiser.default_pooling)))
