"""Normalisers: convert scores to weights that sum to 1. A normaliser is one file here and one line below."""

from textclf.registry import Registry

NORMALISERS = Registry(
    "normaliser",
    {
        "entmax15": "textclf.attention.normalisers.entmax15:Entmax15",
        "hard": "textclf.attention.normalisers.hard:Hard",
        "hard_reinforce": "textclf.attention.normalisers.hard_reinforce:HardReinforce",
        "local": "textclf.attention.normalisers.local:Local",
        "softmax": "textclf.attention.normalisers.softmax:Softmax",
        "sparsemax": "textclf.attention.normalisers.sparsemax:Sparsemax",
    },
    "textclf.normalisers",
)
