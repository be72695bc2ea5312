"""Contextualisers: from word vectors to states, one a word. A part is one file here and one line below."""

from textclf.registry import Registry

CONTEXTUALISERS = Registry(
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
