"""Everything that one run may vary: validated, complete, and with a fingerprint.

A run is described by flat keys, and they are the same words everywhere: in an experiment's YAML, after
``--set``, as `TextClassifier` keywords and in the ``config`` of a result row. Keys that are not settings of
the run are options of its encoder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator, model_validator

from textclf.bounds import Count, Epochs, Fold, Folds, NonNegative, Positive, Seed, Share, Size, Tokens, Words
from textclf.encoders import CONTEXTUALISERS, ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.errors import ConfigurationError, did_you_mean
from textclf.metrics import METRICS
from textclf.registry import PartOptions, flatten, problems_of, unflatten

NAMES = (
    "encoder",
    "interaction",
    "pooling",
    "variant",
    "score",
    "normaliser",
)  # options that tell a model from others of its encoder
OF_DATASETS = (
    "dataset",
    "text_column",
    "label_column",
    "pair_column",
    "delimiter",
    "encoding",
    "folds",
    "fold",
    "train_rows",
    "test_rows",
    "drop_near_duplicates",
    "condition",
)  # settings that say nothing where texts and labels are given
REVISION = 2  # raised by hand when a fix changes results, so that rows from before it are not taken for done

ADDED = [("select_by", None)]  # settings that recorded rows lack, with their values there: they keep their fingerprints


class Settings(BaseModel):
    """What all models of an experiment share: the data, the words, the budget."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # data
    dataset: str = ""
    text_column: str | tuple[str, ...] = "text"
    label_column: str = "label"
    pair_column: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    folds: Folds | None = None
    fold: Fold | None = None
    split_seed: Seed = 0
    train_rows: Count | None = None
    test_rows: Count | None = None
    drop_near_duplicates: bool = False
    condition: str = ""
    # words
    tokenizer: Literal["word", "bpe"] = "word"
    vocabulary_size: Words = 50_000
    min_frequency: Count = 1
    max_tokens: Tokens = 256
    vectors: str | None = None
    freeze_vectors: bool = False
    vocabulary: Literal["train", "vectors"] = "train"
    overlap_features: bool = False
    # size
    embedding_dim: Size = 100
    hidden_dim: Size = 128
    dropout: Share = 0.5
    # budget
    seed: Seed = 0
    epochs: Epochs = 10
    batch_size: Count = 50
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 0.0
    clip_norm: Positive = 5.0
    patience: Epochs | None = 3
    select_by: str | None = None
    batching: Literal["buckets", "shuffled"] = "buckets"
    embedding_updates: Literal["auto", "lazy", "dense"] = "auto"
    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    @field_validator("text_column", mode="before")
    @classmethod
    def _text_columns(cls, value: Any) -> Any:
        """One name stays a string, so that the fingerprint does not depend on how it was written."""
        names = list(value) if isinstance(value, (list, tuple)) else [value]
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError(f"expected the name of a column or a list of names, not {value!r}")
        return names[0] if len(names) == 1 else tuple(names)

    @field_validator("fold")
    @classmethod
    def _fold_within_folds(cls, fold: int | None, info: ValidationInfo) -> int | None:
        folds = info.data.get("folds", 0)
        if fold is not None and (folds is None or fold >= folds > 0):
            known = "folds is missing" if folds is None else f"folds: {folds} has 0 to {folds - 1}"
            raise ValueError(f"{fold}, but {known}")
        return fold

    @field_validator("select_by")
    @classmethod
    def _known_metric(cls, name: str | None) -> str | None:
        if name is not None and name not in METRICS:
            raise ValueError(f'there is no metric "{name}"; {did_you_mean(name, METRICS)}')
        return name

    @model_validator(mode="after")
    def _vectors_of_vocabulary(self) -> Settings:
        if self.vocabulary == "vectors" and self.vectors is None:
            raise ValueError(
                "vocabulary: vectors keeps the words of a vector file; name it with vectors, or leave it out"
            )
        return self


class RunConfig:
    """One run: its settings and its encoder's options. Made by `RunConfig.parse`.

    Attributes
    ----------
    settings : Settings
    encoder : PartOptions
        Options of the encoder, its name in ``part``.
    """

    def __init__(self, settings: Settings, encoder: PartOptions) -> None:
        self.settings, self.encoder = settings, encoder

    @property
    def kind(self) -> Literal["encoder", "baseline"]:
        """A baseline is fitted once, without word vectors, epochs or a seed; an encoder is trained."""
        return "baseline" if self.encoder.part in BASELINES else "encoder"

    def __reduce__(self) -> tuple[Any, ...]:
        return RunConfig.parse, (self.flat(),)  # options are classes nested in parts, found again by name

    @classmethod
    def parse(cls, flat: Mapping[str, Any]) -> RunConfig:
        """From flat keys (``{"encoder": "lstm", "pooling.score": "dot", "epochs": 3}``).

        Raises
        ------
        ConfigurationError
            With every problem found.
        """
        known = Settings.model_fields
        given = {key: value for key, value in flat.items() if key in known}
        options = {key: value for key, value in flat.items() if key not in known and key != "encoder"}
        problems = [
            f"{key}: keys inside a key; write each as {key}.KEY"
            for key, value in options.items()
            if isinstance(value, dict)
        ]
        problems += [f"{key}: write {key[:-5]} for it" for key in options if key.endswith(".part")]
        try:
            settings = Settings(**given)
        except ValidationError as error:
            problems += problems_of(error)
        name = str(flat.get("encoder") or "")
        if not name:
            problems.append(f"encoder: missing; known: {', '.join(sorted(ENCODERS))}")
        elif name not in ENCODERS:
            problems.append(f'encoder: there is no "{name}"; {did_you_mean(name, ENCODERS)}')
        else:
            try:
                encoder = ENCODERS.options(name, unflatten(options), beside=known)
            except ConfigurationError as error:
                problems += error.problems
        if problems:
            raise ConfigurationError(problems)
        return cls(settings, encoder)

    def flat(self) -> dict[str, Any]:
        """Every key with its value, defaults filled in; ``RunConfig.parse`` takes it back."""
        return self.settings.model_dump() | {"encoder": self.encoder.part} | flatten(self.encoder)

    def replace(self, **changes: Any) -> RunConfig:
        """The same run with other values; where a part is changed, its options go back to their defaults."""
        stale = tuple(f"{key}." for key in changes)
        kept = {key: value for key, value in self.flat().items() if not key.startswith(stale)}
        return RunConfig.parse(kept | changes)

    def with_settings(self, **changes: Any) -> RunConfig:
        """The same encoder with other settings, which are not validated: for values that come from validated ones."""
        return RunConfig(self.settings.model_copy(update=changes), self.encoder)

    def fingerprint(self, data_sha256: str) -> str:
        """Return a hash of everything that decides the result: configuration, data and `REVISION`."""
        config = {key: value for key, value in self.flat().items() if (key, value) not in ADDED}
        decides = json.dumps([config, data_sha256, REVISION], sort_keys=True)
        return hashlib.sha256(decides.encode()).hexdigest()[:16]


def label_of(chosen: Mapping[str, Any]) -> str:
    """What was chosen of a model, joined: ``cnn``, ``lstm-attention``, ``lstm-attention-dot``, ``abcnn-2-overlap``."""
    named = [key for key in chosen if key != "encoder" and key.rpartition(".")[2] in NAMES and chosen[key] is not None]
    names = [str(chosen["encoder"]), *(str(chosen[key]) for key in sorted(named, key=_place))]
    return "-".join([*names, *(["overlap"] if chosen.get("overlap_features") else [])])


def _place(key: str) -> tuple[int, int]:
    return key.count("."), NAMES.index(key.rpartition(".")[2])


def run_keys(
    encoder: str, pooling: str | None, score: str | None, normaliser: str | None, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Flat keys from the short words of the command line and of `TextClassifier`.

    ``score`` and ``normaliser`` are the encoder's own where it takes them and no pooling is named, else its pooling's.
    """
    keys: dict[str, Any] = {"encoder": encoder} | ({} if pooling is None else {"pooling": pooling})
    for key, value in (("score", score), ("normaliser", normaliser)):
        if value is not None:
            own = pooling is None and encoder in ENCODERS and key in ENCODERS[encoder].Options.model_fields
            keys[f"pooling.{key}" if encoder in CONTEXTUALISERS and not own else key] = value
    twice = sorted(key for key in keys if key in others and others[key] != keys[key])
    if twice:
        raise ConfigurationError(
            [f"{key}: given twice, as {keys[key]} and as {others[key]}; leave one out" for key in twice]
        )
    return keys | dict(others)
