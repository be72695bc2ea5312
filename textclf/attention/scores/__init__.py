"""Scores: how well a key matches a query. A score is one file here and one line below."""

from textclf.registry import Registry

SCORES = Registry(
    "score",
    {
        "additive": "textclf.attention.scores.additive:Additive",
        "bilinear": "textclf.attention.scores.bilinear:Bilinear",
        "concat": "textclf.attention.scores.concat:Concat",
        "cosine": "textclf.attention.scores.cosine:Cosine",
        "dot": "textclf.attention.scores.dot:Dot",
        "euclidean": "textclf.attention.scores.euclidean:Euclidean",
        "scaled_dot": "textclf.attention.scores.scaled_dot:ScaledDot",
    },
    "textclf.scores",
)
