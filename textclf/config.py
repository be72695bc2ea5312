"""The configuration of one run: validated, complete, and with a fingerprint.

Flat keys describe a run. They have the same names in an experiment's YAML, after ``--set``, as keywords of
`TextClassifier` and in the ``config`` of a result row. A key that is not a setting is an option of the encoder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from textclf.encoders import ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.encoders.pretrained.options import LanguageModelOptions
from textclf.errors import ConfigurationError, Problem, did_you_mean
from textclf.metrics import METRICS
from textclf.plugins import Plugin, activate
from textclf.registry import PartOptions, Registry, flatten, problems_of, unflatten
from textclf.settings import Settings

NAMES = (
    "encoder",
    "interaction",
    "then",
    "pooling",
    "variant",
    "score",
    "normaliser",
    "train",
)  # options whose values are part of a model's label
UNNAMED = (("then", "none"), ("train", "none"))  # values that are not part of it
ADDED = [("select_by", None)]  # settings that older rows lack; with this value they do not change the fingerprint
REVISION = 2  # increased by hand when a fix changes results, so that older runs are executed again


class RunConfig:
    """The settings of one run and the options of its encoder. `RunConfig.parse` creates it.

    Attributes
    ----------
    settings : Settings
    encoder : PartOptions
        The options of the encoder; ``part`` is the encoder's name.
    """

    def __init__(self, settings: Settings, encoder: PartOptions) -> None:
        self.settings, self.encoder = settings, encoder

    @property
    def kind(self) -> Literal["encoder", "baseline"]:
        """The kind: a baseline is fitted once, without word vectors, epochs or a seed; an encoder is trained."""
        return "baseline" if self.encoder.part in BASELINES else "encoder"

    @property
    def language_model(self) -> LanguageModelOptions | None:
        """The options of the pretrained language model that the encoder reads; None if it reads none."""
        return self.encoder if isinstance(self.encoder, LanguageModelOptions) else None

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plug-in files that this run's parts come from, sorted by name."""
        origins = {registry.origin(name) for registry, name in self.parts()}
        return tuple(
            sorted((origin for origin in origins if isinstance(origin, Plugin)), key=lambda plugin: plugin.name)
        )

    def parts(self) -> Iterator[tuple[Registry, str]]:
        """Yield every part that the configuration names, as (registry, name)."""
        yield from ENCODERS.parts_in(self.encoder)
        if self.settings.select_by is not None:
            yield METRICS, self.settings.select_by

    def __reduce__(self) -> tuple[Any, ...]:
        return _with_plugins, (self.plugins, self.flat())  # pickle does not find the nested classes of options

    @classmethod
    def parse(cls, flat: Mapping[str, Any], beside: Iterable[str] = ()) -> RunConfig:
        """Create a configuration from flat keys (``{"encoder": "lstm", "pooling.score": "dot", "epochs": 3}``).

        Parameters
        ----------
        flat : mapping of str to Any
        beside : iterable of str
            Other keys that are allowed at this place; a message may suggest them for a misspelt key.

        Raises
        ------
        ConfigurationError
            With all problems.
        """
        options = {key: value for key, value in flat.items() if key not in Settings.model_fields and key != "encoder"}
        problems = []
        try:
            settings = _settings_of(flat)
        except ConfigurationError as error:
            problems += error.problems
        try:
            encoder = _encoder_of(str(flat.get("encoder") or ""), options, [*Settings.model_fields, *beside])
        except ConfigurationError as error:
            problems += error.problems
        if problems:
            raise ConfigurationError(problems)
        return cls(settings, encoder)

    def flat(self) -> dict[str, Any]:
        """Return every key with its value, including defaults; ``RunConfig.parse`` accepts the result."""
        return self.settings.model_dump() | {"encoder": self.encoder.part} | flatten(self.encoder)

    def replace(self, **changes: Any) -> RunConfig:
        """Return a copy with other values; if a part changes, its options return to their defaults."""
        stale = tuple(f"{key}." for key in changes)
        kept = {key: value for key, value in self.flat().items() if not key.startswith(stale)}
        return RunConfig.parse(kept | changes)

    def with_settings(self, **changes: Any) -> RunConfig:
        """Return a copy with other settings. They are not validated: use it for values that are valid already."""
        return RunConfig(self.settings.model_copy(update=changes), self.encoder)

    def fingerprint(self, data_sha256: str) -> str:
        """Return a hash of everything that decides the result: configuration, data, `REVISION` and plug-ins.

        A task is chosen from the data, not by the configuration, so a plug-in that only registers the task is not part
        of the hash.
        """
        hashes = sorted(plugin.sha256 for plugin in self.plugins)
        config = {key: value for key, value in self.flat().items() if (key, value) not in ADDED}
        decides = json.dumps([config, data_sha256, REVISION, *hashes], sort_keys=True)
        return hashlib.sha256(decides.encode()).hexdigest()[:16]


def _with_plugins(plugins: Iterable[Plugin], flat: Mapping[str, Any]) -> RunConfig:
    for plugin in plugins:
        activate(plugin)
    return RunConfig.parse(flat)


def _settings_of(flat: Mapping[str, Any]) -> Settings:
    problems = []
    try:
        settings = Settings(**{key: value for key, value in flat.items() if key in Settings.model_fields})
    except ValidationError as error:
        problems += problems_of(error)
    metric = flat.get("select_by")
    if isinstance(metric, str) and metric not in METRICS:
        problems.append(Problem("select_by", f'there is no metric "{metric}"; {did_you_mean(metric, METRICS)}'))
    if problems:
        raise ConfigurationError(problems)
    return settings


def _encoder_of(name: str, options: Mapping[str, Any], beside: Iterable[str]) -> PartOptions:
    if not name:
        raise ConfigurationError(Problem("encoder", f"missing; known: {', '.join(sorted(ENCODERS))}"))
    if name not in ENCODERS:
        raise ConfigurationError(Problem("encoder", f'there is no "{name}"; {did_you_mean(name, ENCODERS)}'))
    problems = _problems_of_keys(options, ENCODERS.options_class(name).model_fields)
    wrong = {problem.key for problem in problems}
    right = {key: value for key, value in options.items() if key not in wrong}
    try:
        encoder: PartOptions = ENCODERS.options(name, unflatten(right), beside=beside)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return encoder


def _problems_of_keys(options: Mapping[str, Any], known: Collection[str]) -> list[Problem]:
    problems = []
    for key, value in options.items():
        if isinstance(value, dict) and key.partition(".")[0] in known:
            problems.append(Problem(key, f"keys inside a key; write each as {key}.KEY"))
        elif key.endswith(".part"):
            problems.append(Problem(key, f"write {key.removesuffix('.part')} instead"))
        elif "" in key.split("."):
            problems.append(Problem(key, "expected a name before and after each dot, as in pooling.score"))
    return problems


def in_label(key: str) -> bool:
    """Return whether `label_of` shows the value of a key.

    >>> in_label("pooling.score"), in_label("hidden_dim")
    (True, False)
    """
    return key.rpartition(".")[2] in NAMES


def label_of(chosen: Mapping[str, Any]) -> str:
    """Return the label of a model: the names of its parts, joined by hyphens.

    >>> label_of({"encoder": "lstm", "pooling": "attention", "pooling.score": "dot", "hidden_dim": 64})
    'lstm-attention-dot'
    >>> label_of({"encoder": "abcnn", "variant": 2, "overlap_features": True})
    'abcnn-2-overlap'
    >>> label_of({"encoder": "transformer", "then": "lstm", "pooling": "attention", "train": "none"})
    'transformer-lstm-attention'
    >>> label_of({"encoder": "transformer", "then": "none", "pooling": "mean", "train": "full"})
    'transformer-mean-full'
    """
    named = [key for key in chosen if key != "encoder" and in_label(key) and chosen[key] is not None]
    named = [key for key in named if (key.rpartition(".")[2], chosen[key]) not in UNNAMED]
    names = [str(chosen["encoder"]), *(str(chosen[key]) for key in sorted(named, key=_place))]
    return "-".join([*names, *(["overlap"] if chosen.get("overlap_features") else [])])


def _place(key: str) -> tuple[int, int]:
    return key.count("."), NAMES.index(key.rpartition(".")[2])


def run_keys(
    encoder: str, pooling: str | None, score: str | None, normaliser: str | None, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return flat keys for the short options of the command line and of `TextClassifier`.

    ``score`` and ``normaliser`` belong to the encoder if it has such an option and no pooling is named, else to its
    pooling.
    """
    keys: dict[str, Any] = {"encoder": encoder} | ({} if pooling is None else {"pooling": pooling})
    for key, value in (("score", score), ("normaliser", normaliser)):
        if value is not None:
            of_encoder = pooling is None and encoder in ENCODERS and key in ENCODERS.options_class(encoder).model_fields
            of_pooling = encoder in ENCODERS and "pooling" in ENCODERS.options_class(encoder).model_fields
            keys[f"pooling.{key}" if of_pooling and not of_encoder else key] = value
    twice = sorted(key for key in keys if key in others and others[key] != keys[key])
    if twice:
        raise ConfigurationError(
            [Problem(key, f"given twice, as {keys[key]} and as {others[key]}; leave one out") for key in twice]
        )
    return keys | dict(others)
