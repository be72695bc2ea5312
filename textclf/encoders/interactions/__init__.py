"""Interactions: how an encoder of one text reads two. A part is one file here and one line below."""

from textclf.registry import PartOptions, Registry

INTERACTIONS = Registry(
    "interaction",
    {
        "cross_attention": "textclf.encoders.interactions.cross_attention:CrossAttention",
        "question_vector": "textclf.encoders.interactions.question_vector:QuestionVector",
        "siamese": "textclf.encoders.interactions.siamese:Siamese",
    },
    "textclf.interactions",
)


class ContextualiserOptions(PartOptions):
    """What every contextualiser is told beside its own options: how it reads pairs."""

    interaction: PartOptions = INTERACTIONS.slot("siamese")
