"""``contrasts`` of an experiment file: the differences between two models that the report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textclf.errors import Problem, did_you_mean


def problems_of_contrasts(contrasts: Mapping[str, Sequence[str]], labels: set[str] | None) -> Iterator[Problem]:
    """Yield a problem for each unknown model, each model compared with itself, and each model listed twice.

    ``contrasts`` maps a reference model to the models whose differences from it are reported. ``labels`` are the
    labels of all models; None if they are not known because a model's configuration is invalid.
    """
    for reference, models in contrasts.items():
        key = f"contrasts.{reference}"
        for model in dict.fromkeys([reference, *models]):
            if labels is not None and model not in labels:
                yield Problem(key, f'no model is called "{model}"; {did_you_mean(model, labels)}')
        for model in dict.fromkeys(models):
            if model == reference:
                yield Problem(key, f"compares {model} with itself; leave it out")
            elif models.count(model) > 1:
                yield Problem(key, f"lists {model} twice; leave one out")
