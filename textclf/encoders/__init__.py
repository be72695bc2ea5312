"""Encoders: convert a text to one vector. The values of ``--encoder`` are the names in ``ENCODERS``."""

from textclf.encoders.baselines import BASELINES
from textclf.encoders.contextualisers import CONTEXTUALISERS
from textclf.registry import Registry

WHOLE_ENCODERS = Registry(
    "encoder",
    {
        "abcnn": "textclf.encoders.abcnn:ABCNN",
        "attentive_cnn": "textclf.encoders.attentive_cnn:AttentiveCNN",
        "hierarchical": "textclf.encoders.hierarchical:Hierarchical",
        "transformer": "textclf.encoders.transformer:Transformer",
    },
    "textclf.encoders",
)

ENCODERS = WHOLE_ENCODERS | CONTEXTUALISERS | BASELINES
