"""Poolings: from states to one vector. A part is one file here and one line below."""

from textclf.registry import Registry

POOLINGS = Registry(
    "pooling",
    {
        "attention": "textclf.encoders.poolings.attention:AttentionPooling",
        "last": "textclf.encoders.poolings.last:LastPooling",
        "max": "textclf.encoders.poolings.max:MaxPooling",
        "mean": "textclf.encoders.poolings.mean:MeanPooling",
    },
)
