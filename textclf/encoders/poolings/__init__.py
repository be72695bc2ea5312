"""Poolings: convert the states of a text to one vector. A pooling is one file here and one line below."""

from textclf.registry import Registry

POOLINGS = Registry(
    "pooling",
    {
        "attention": "textclf.encoders.poolings.attention:AttentionPooling",
        "first": "textclf.encoders.poolings.first:FirstPooling",
        "label": "textclf.encoders.poolings.label:LabelPooling",
        "last": "textclf.encoders.poolings.last:LastPooling",
        "max": "textclf.encoders.poolings.max:MaxPooling",
        "max_attention": "textclf.encoders.poolings.max_attention:MaxAttentionPooling",
        "mean": "textclf.encoders.poolings.mean:MeanPooling",
        "multi_head": "textclf.encoders.poolings.multi_head:MultiHeadPooling",
        "structured": "textclf.encoders.poolings.structured:StructuredPooling",
    },
    "textclf.poolings",
)
