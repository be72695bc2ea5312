"""Interactions: add information about the other text of a pair. An interaction is one file here and one line below."""

from textclf.registry import Registry

INTERACTIONS = Registry(
    "interaction",
    {
        "cross_attention": "textclf.encoders.interactions.cross_attention:CrossAttention",
        "question_vector": "textclf.encoders.interactions.question_vector:QuestionVector",
        "siamese": "textclf.encoders.interactions.siamese:Siamese",
    },
    "textclf.interactions",
)
