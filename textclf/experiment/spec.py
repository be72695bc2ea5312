"""An experiment file: one question, as datasets × seeds × models. Every problem in it is said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from textclf.bounds import shown
from textclf.config import RunConfig, Settings, label_of
from textclf.data.files import STANDARD_INPUT
from textclf.encoders import ENCODERS
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.names import LONGEST_MODEL, one_spaced, problems_of_dataset, problems_of_name
from textclf.experiment.once import SEEDS, Combination, Seeds, condition_of, repeated
from textclf.experiment.places import OF_A_DATASET, located, misplaced, unknown_in_dataset
from textclf.registry import flatten, problems_of
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
    compare: dict[str, list[str]] = {}  # a model to those that the report sets against it


@dataclass(frozen=True)
class Run:
    """One run of an experiment.

    Attributes
    ----------
    config : RunConfig
    label : str
        The model's name in tables; with dataset, condition, seed and fold it tells a run from the others.
    dataset : str, optional
        The dataset's name in tables, where the file gives it a ``label``.
    """

    config: RunConfig
    label: str
    dataset: str = ""

    @property
    def deterministic(self) -> bool:
        """A baseline depends on the split alone."""
        return self.config.kind == "baseline"

    @property
    def chooses_precision(self) -> bool:
        """Whether the precision is still to be chosen."""
        return self.config.settings.precision == "auto" and not self.deterministic

    def title(self, dataset: str) -> str:
        """The name in tables of this run's data, which are called ``dataset`` where the file gives them no label."""
        return self.dataset or dataset


@dataclass(frozen=True)
class Experiment:
    """The runs that answer one question."""

    name: str
    runs: list[Run]


def read_experiment(path: str | Path) -> Experiment:
    """Read an experiment file.

    Raises
    ------
    ConfigurationError
        With every problem of the file, each with its path in it.
    """
    path = Path(path)
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: expected the keys {', '.join(ExperimentFile.model_fields)}")
    runs, problems = _read(content)
    if problems:
        raise ConfigurationError([f"{path}: {problem}" for problem in problems])
    return Experiment(path.stem, runs)


def _read(content: dict[str, Any]) -> tuple[list[Run], list[str]]:
    """The runs, and what is wrong: with the keys of the file, and with what stands under those that are right."""
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
        self.options = [_options_of(model) for model in file.models]
        self.problems: list[str] = []

    def runs(self) -> Iterator[Run]:
        self._check_shared()
        seeds = [self._seeds(number) for number in range(len(self.file.datasets))]
        combinations = [
            Combination(number, index, seeds[number], config, label)
            for number, dataset in enumerate(self.file.datasets)
            for index, config, label in self._models(number, dataset)
        ]
        self._check_compared({combination.label for combination in combinations})
        self.problems = self.problems or list(repeated(combinations))
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

    def _models(self, number: int, dataset: Mapping[str, Any]) -> Iterator[tuple[int, RunConfig, str]]:
        own = {key: value for key, value in dataset.items() if key not in {"name", "label", "seeds"}}
        place, name = f"datasets[{number}]", dataset.get("name")
        self.problems += problems_of_dataset(place, dataset)
        self.problems += [*unknown_in_dataset(place, dataset), *misplaced(place, own)]
        own = {key: value for key, value in own.items() if key in OF_A_DATASET}
        labels: dict[str, int] = {}
        for index, model in enumerate(self.file.models):
            given = {key: value for key, value in model.items() if key != "name"}
            shared = {key: value for key, value in self.file.shared.items() if self._reaches(key, index)}
            flat = shared | own | {"dataset": name if isinstance(name, str) else "missing"} | given
            try:
                config = RunConfig.parse(flat)
            except ConfigurationError as error:
                places = {f"models[{index}]": given, place: own, "shared": shared}
                self.problems += [located(line, places) for line in error.problems]
                continue
            self.problems += misplaced(f"models[{index}]", given, of_a_model=True)
            self.problems += problems_of_name(f"models[{index}].name", model.get("name", "-"), LONGEST_MODEL)
            if config.settings.dataset == STANDARD_INPUT:
                self.problems.append(f"{place}: - is standard input, which only one run can read; give a file")
            chosen = label_of(given | {"overlap_features": config.settings.overlap_features})
            label = one_spaced(model.get("name", chosen))
            if label in labels:
                self.problems.append(
                    f'models[{index}]: is called "{label}", as models[{labels[label]}]; give one of them a name'
                )
            labels[label] = index
            yield index, config, label

    def _reaches(self, key: str, index: int) -> bool:
        """Settings reach every model; an encoder's option those that take it."""
        return key in Settings.model_fields or (key not in self.file.models[index] and key in self.options[index])

    def _check_compared(self, labels: set[str]) -> None:
        named = [(f"compare.{reference}", reference) for reference in self.file.compare]
        named += [(f"compare.{key}", model) for key, models in self.file.compare.items() for model in models]
        if not self.problems:  # a model that is wrong has no label
            self.problems += [
                f'{place}: no model is called "{label}"; {did_you_mean(label, labels)}'
                for place, label in named
                if label not in labels
            ]
        self.problems += [
            f"compare.{reference}: has {model} {'against itself' if model == reference else 'twice'}; leave it out"
            for reference, models in self.file.compare.items()
            for model in dict.fromkeys(models)
            if model == reference or models.count(model) > 1
        ]

    def _check_shared(self) -> None:
        known = set(Settings.model_fields).union(*self.options)
        self.problems += [
            f"shared.{key}: no model of this experiment takes it; {did_you_mean(key, known)}"
            for key in self.file.shared
            if key not in known
        ]
        self.problems += misplaced("shared", self.file.shared)


def _options_of(model: Mapping[str, Any]) -> set[str]:
    """Every option that a model takes, given its choices of parts; none if the choices are wrong."""
    try:
        return set(flatten(RunConfig.parse({key: model[key] for key in model if key != "name"}).encoder))
    except ConfigurationError:
        return set(flatten(ENCODERS.options(str(model.get("encoder"))))) if model.get("encoder") in ENCODERS else set()
