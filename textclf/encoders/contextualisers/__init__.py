"""Contextualisers: convert word vectors to states. A contextualiser is one file here and one line below."""

from textclf.encoders.composed_options import ComposedOptions, composed_options
from textclf.registry import PartOptions, Registry


class Contextualisers(Registry):
    """The contextualisers. Each is also the name of an encoder, whose options include a pooling and an interaction."""

    def options_class(self, name: str) -> type[ComposedOptions]:
        super().options_class(name)  # refuses a class without Options
        return composed_options(self[name])


class PlainContextualisers(Registry):
    """The contextualisers with their own options alone, for an option that holds a contextualiser."""

    def options_class(self, name: str) -> type[PartOptions]:
        return self[name].Options


CONTEXTUALISERS = Contextualisers(
    "encoder",
    {
        "cnn": "textclf.encoders.contextualisers.cnn:CNN",
        "gru": "textclf.encoders.contextualisers.gru:GRU",
        "lstm": "textclf.encoders.contextualisers.lstm:LSTM",
        "none": "textclf.encoders.contextualisers.none:Identity",
        "self_attention": "textclf.encoders.contextualisers.self_attention:SelfAttention",
    },
    "textclf.contextualisers",
)

PLAIN_CONTEXTUALISERS = PlainContextualisers("contextualiser", {})
PLAIN_CONTEXTUALISERS.unite(CONTEXTUALISERS)
