"""Read an experiment file: datasets × seeds × models. All problems of a file are reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from textclf.bounds import shown
from textclf.config import RunConfig
from textclf.data.files import STANDARD_INPUT
from textclf.encoders import ENCODERS
from textclf.errors import ConfigurationError, Problem, did_you_mean
from textclf.experiment.contrasts import problems_of_contrasts
from textclf.experiment.cross import Variant, variants_of
from textclf.experiment.names import LONGEST_MODEL, one_spaced, problems_of_dataset, problems_of_name
from textclf.experiment.once import SEEDS, Combination, Seeds, alike_in_name, condition_of, repeated
from textclf.experiment.places import OF_A_DATASET, located, misplaced, unknown_in_dataset, without_misplaced
from textclf.registry import flatten, problems_of
from textclf.settings import Settings
from textclf.yaml_reader import read_yaml


def _entry(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        raise ValueError(f"expected a name or keys, not {shown(value)}; quote a name that is a number")
    return value


class ExperimentFile(BaseModel):
    """The keys of an experiment file."""

    model_config = ConfigDict(extra="forbid")

    datasets: list[Annotated[dict[str, Any], BeforeValidator(_entry)]] = Field(min_length=1, max_length=100)
    seeds: Seeds = [0]
    shared: dict[str, Any] = {}
    models: list[dict[str, Any]] = Field(min_length=1, max_length=500)
    contrasts: dict[str, list[str]] = {}  # a model to the models whose differences from it are reported


@dataclass(frozen=True)
class Run:
    """One run of an experiment.

    Attributes
    ----------
    config : RunConfig
    label : str
        The model's name in tables; unique together with dataset, condition, seed and fold.
    dataset : str, optional
        The dataset's name in tables if the file gives it a ``label``.
    """

    config: RunConfig
    label: str
    dataset: str = ""

    @property
    def deterministic(self) -> bool:
        """Whether all seeds give the same result: a baseline depends on the split alone."""
        return self.config.kind == "baseline"

    @property
    def chooses_precision(self) -> bool:
        """Whether the precision is not chosen yet."""
        return self.config.settings.precision == "auto" and not self.deterministic

    def title(self, dataset: str) -> str:
        """Return the name of this run's data in tables: its label in the file if it has one, else ``dataset``."""
        return self.dataset or dataset


@dataclass(frozen=True)
class Experiment:
    """A named list of runs that answer one question."""

    name: str
    runs: list[Run]


def read_experiment(path: str | Path) -> Experiment:
    """Read an experiment file.

    Raises
    ------
    ConfigurationError
        With every problem of the file and its place there.
    """
    path = Path(path)
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: expected the keys {', '.join(ExperimentFile.model_fields)}")
    runs, problems = _read(content)
    if problems:
        raise ConfigurationError([replace(problem, where=str(path)) for problem in problems])
    return Experiment(path.stem, runs)


def _read(content: dict[str, Any]) -> tuple[list[Run], list[Problem]]:
    """Return the runs and all problems: of the file's keys, and of the content of those keys that are valid."""
    try:
        return list(_Grid(ExperimentFile(**content)).runs()), []
    except ConfigurationError as error:
        return [], error.problems
    except ValidationError as error:
        wrong = {item["loc"][0] for item in error.errors()}
        problems = problems_of(error, known=ExperimentFile.model_fields)
        right = {key: value for key, value in content.items() if key not in wrong}
        return [], problems + (_read(right)[1] if {"datasets", "models"} <= set(right) else [])


class _Grid:
    """Datasets × models, each combination validated once; then seeds and folds."""

    def __init__(self, file: ExperimentFile) -> None:
        self.file = file
        self.models, self.problems = variants_of(file.models, len(file.datasets))
        self.options = [_options_of(model) for model in self.models]

    def runs(self) -> Iterator[Run]:
        self._check_keys()
        seeds = [self._seeds(number) for number in range(len(self.file.datasets))]
        combinations = [
            Combination(number, model.place, seeds[number], config, label)
            for number, dataset in enumerate(self.file.datasets)
            for model, config, label in self._models(number, dataset)
        ]
        labels = None if self.problems else {combination.label for combination in combinations}
        self.problems += problems_of_contrasts(self.file.contrasts, labels)
        self.problems = self.problems or list(alike_in_name(combinations)) or list(repeated(combinations))
        if self.problems:
            raise ConfigurationError(list(dict.fromkeys(self.problems)))
        conditions = [condition_of(dataset, self.file.datasets) for dataset in self.file.datasets]
        runs = [(turn, seed, fold, one) for one in combinations for turn, seed, fold in one.turns()]
        runs.sort(key=lambda run: run[0])  # seed by seed, so that early rows cover every model
        for _, seed, fold, one in runs:
            condition = conditions[one.dataset] or one.config.settings.condition
            config = one.config.with_settings(seed=seed, fold=fold, condition=condition)
            yield Run(config, one.label, one_spaced(self.file.datasets[one.dataset].get("label", "")))

    def _seeds(self, number: int) -> list[int]:
        try:
            return SEEDS.validate_python(self.file.datasets[number].get("seeds", self.file.seeds))
        except ValidationError as error:
            self.problems += problems_of(error, f"datasets[{number}].seeds.")
            return []

    def _models(self, number: int, dataset: Mapping[str, Any]) -> Iterator[tuple[Variant, RunConfig, str]]:
        place, name = f"datasets[{number}]", dataset.get("name")
        own = {key: value for key, value in dataset.items() if key not in {"name", "label", "seeds"}}
        self.problems += problems_of_dataset(place, dataset)
        self.problems += [*unknown_in_dataset(place, dataset), *misplaced(place, own)]
        own = {key: value for key, value in own.items() if key in OF_A_DATASET}
        flat = own | {"dataset": name if isinstance(name, str) else "missing"}
        for model, options in zip(self.models, self.options, strict=True):
            shared = {key: value for key, value in self.file.shared.items() if _reaches(key, model, options)}
            try:
                config = RunConfig.parse(without_misplaced(shared) | flat | without_misplaced(model.keys))
            except ConfigurationError as error:
                places = model.places | {place: own, "shared": shared}
                self.problems += [located(problem, places) for problem in error.problems]
                continue
            if config.settings.dataset == STANDARD_INPUT:
                reason = "- is standard input, which only one run can read; give a file"
                self.problems.append(Problem(place, reason))
            label = model.label(config.settings.overlap_features)
            if model.crossed:
                self.problems += problems_of_name(f"{model.place}.cross", label, LONGEST_MODEL)
            yield model, config, label

    def _check_keys(self) -> None:
        known = set(Settings.model_fields).union(*self.options)
        self.problems += [
            Problem(f"shared.{key}", f"no model of this experiment takes it; {did_you_mean(key, known)}")
            for key in without_misplaced(self.file.shared)
            if key not in known
        ]
        self.problems += misplaced("shared", self.file.shared)
        for model in self.models:
            for place, keys in model.places.items():
                self.problems += misplaced(place, keys, of_a_model=True)


def _reaches(key: str, model: Variant, options: set[str]) -> bool:
    """Settings reach every model; an encoder's option reaches the models that take it."""
    return key in Settings.model_fields or (key not in model.keys and key in options)


def _options_of(model: Variant) -> set[str]:
    """Return every option that a model takes, given its choices of parts; none if the choices are wrong."""
    try:
        return set(flatten(RunConfig.parse(without_misplaced(model.keys)).encoder))
    except ConfigurationError:
        encoder = str(model.keys.get("encoder"))
        return set(flatten(ENCODERS.options(encoder))) if encoder in ENCODERS else set()
