"""The checks of each kind of part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.conformance.attention_checks import NORMALISER_CHECKS, SCORE_CHECKS
from textclf.conformance.baseline_checks import BASELINE_CHECKS
from textclf.conformance.encoder_checks import ENCODER_CHECKS, near_in_bfloat16
from textclf.conformance.metric_checks import METRIC_CHECKS, TASK_CHECKS
from textclf.conformance.requirement import ConformanceError
from textclf.conformance.samples import Case
from textclf.encoders import CONTEXTUALISERS, WHOLE_ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.interactions import INTERACTIONS
from textclf.encoders.poolings import POOLINGS
from textclf.errors import ConfigurationError, did_you_mean
from textclf.metrics import METRICS
from textclf.plugins import described
from textclf.registry import Registry
from textclf.tasks import TASKS

Keys = list[tuple[dict[str, Any], bool]]  # a run's keys, and whether the model reads pairs of texts
WITH_BFLOAT16 = (*ENCODER_CHECKS, near_in_bfloat16)


@dataclass(frozen=True)
class Kind:
    """A kind of part.

    Attributes
    ----------
    registry : Registry
    part_checks : sequence of callable
        Checks of the part by itself; each takes the part's name.
    models : callable
        Takes the part's name; returns the keys of models that contain the part.
    model_checks : sequence of callable
        Checks of each of these models.
    """

    registry: Registry
    part_checks: Sequence[Callable[[str], None]] = ()
    models: Callable[[str], Keys] = lambda name: []
    model_checks: Sequence[Callable[..., None]] = ()


def _in_attention(option: str) -> Callable[[str], Keys]:
    """Return models with the part; their queries are learned, the text's words, or the words of another text."""
    pooled = {"encoder": "none", "pooling": "attention"}
    return lambda name: [
        (pooled | {f"pooling.{option}": name}, False),
        ({"encoder": "self_attention", option: name}, False),
        (pooled | {"interaction": "cross_attention", f"interaction.{option}": name}, True),
    ]


def _with_pooling(name: str) -> Keys:
    return [({"encoder": encoder, "pooling": name}, pairs) for encoder in ("none", "lstm") for pairs in (False, True)]


def _encoder(name: str) -> Keys:
    if name in WHOLE_ENCODERS:
        return [({"encoder": name}, pairs) for pairs in (False, True)]
    poolings = ("mean", "last", "attention")
    return [({"encoder": name, "pooling": pooling}, pairs) for pooling in poolings for pairs in (False, True)]


def _with_interaction(name: str) -> Keys:
    return [
        ({"encoder": encoder, "pooling": "attention", "interaction": name}, True) for encoder in ("none", "lstm", "cnn")
    ]


KINDS: dict[str, Kind] = {
    "score": Kind(SCORES, SCORE_CHECKS, _in_attention("score"), WITH_BFLOAT16),
    "normaliser": Kind(NORMALISERS, NORMALISER_CHECKS, _in_attention("normaliser"), ENCODER_CHECKS),
    "pooling": Kind(POOLINGS, (), _with_pooling, WITH_BFLOAT16),
    "encoder": Kind(WHOLE_ENCODERS | CONTEXTUALISERS, (), _encoder, WITH_BFLOAT16),
    "interaction": Kind(INTERACTIONS, (), _with_interaction, WITH_BFLOAT16),
    "baseline": Kind(BASELINES, BASELINE_CHECKS),
    "metric": Kind(METRICS, METRIC_CHECKS),
    "task": Kind(TASKS, TASK_CHECKS),
}


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; ``reason`` is None where the check passes."""

    check: str
    reason: str | None


def check_part(kind: str, name: str) -> Iterator[Finding]:
    """Check a part and yield one finding for each check; an unexpected error ends the checks.

    Raises
    ------
    ConfigurationError
        If there is no such kind or part.
    """
    if kind not in KINDS:
        raise ConfigurationError(f'there is no kind of part "{kind}"; {did_you_mean(kind, KINDS)}')
    entry = KINDS[kind]
    if name not in entry.registry:
        raise ConfigurationError(f'there is no {kind} "{name}"; {did_you_mean(name, entry.registry)}')
    entry.registry[name]  # raises for a part that cannot be imported
    return _findings(entry, name)


def _findings(entry: Kind, name: str) -> Iterator[Finding]:
    """Yield the findings; an unexpected error ends the checks, because later checks would repeat it."""
    check: Callable[..., Any] = _buildable
    try:
        for check in entry.part_checks:
            yield Finding(_title(check), _failure(check, name))
        if entry.model_checks:
            check = _buildable
            cases = _buildable([Case(keys, pairs, entry.registry[name]) for keys, pairs in entry.models(name)])
            yield Finding(_title(check), None)
        for check in entry.model_checks:
            reasons = (f"{case}: {reason}" for case in cases if (reason := _failure(check, case)) is not None)
            yield Finding(_title(check), next(reasons, None))
    except Exception as error:
        yield Finding(_title(check), described(error))


def _buildable(cases: list[Case]) -> list[Case]:
    """A model with the part can be built."""
    buildable, refusals = [], []
    for case in cases:
        try:
            case.model()
            buildable.append(case)
        except ConfigurationError as error:  # a part may refuse some combinations
            refusals.append(error)
    if not buildable:
        raise refusals[0]
    return buildable


def _failure(check: Callable[..., None], *arguments: Any) -> str | None:
    """Return the requirement that is not met, or None."""
    try:
        check(*arguments)
    except ConformanceError as error:
        return str(error)
    return None


def _title(check: Callable[..., Any]) -> str:
    return (check.__doc__ or check.__name__).partition("\n")[0]
