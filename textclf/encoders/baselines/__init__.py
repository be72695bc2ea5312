"""Baselines: classifiers without word vectors, which an encoder has to beat. A part is one file and one line below."""

from textclf.registry import Registry

BASELINES = Registry(
    "encoder",
    {
        "majority": "textclf.encoders.baselines.majority:Majority",
        "tfidf": "textclf.encoders.baselines.tfidf:Tfidf",
    },
    "textclf.baselines",
)
