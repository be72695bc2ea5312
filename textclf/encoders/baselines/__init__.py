"""Baselines: classifiers without word vectors, for comparison. A baseline is one file here and one line below."""

from textclf.registry import Registry

BASELINES = Registry(
    "encoder",
    {
        "majority": "textclf.encoders.baselines.majority:Majority",
        "tfidf": "textclf.encoders.baselines.tfidf:Tfidf",
    },
    "textclf.baselines",
)
