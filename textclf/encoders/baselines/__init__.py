"""Baselines: classifiers without an encoder, for comparison. A baseline is one file here and one line below."""

from textclf.registry import Registry

BASELINES = Registry(
    "encoder",
    {
        "majority": "textclf.encoders.baselines.majority:Majority",
        "static": "textclf.encoders.baselines.static:Static",
        "tfidf": "textclf.encoders.baselines.tfidf:Tfidf",
    },
    "textclf.baselines",
)
