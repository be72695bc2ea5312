"""Normalisers: from scores to weights that sum to 1. A part is one file here and one line below."""

from textclf.registry import Registry

NORMALISERS = Registry("normaliser", {"softmax": "textclf.attention.normalisers.softmax:Softmax"})
