"""An experiment file: one question, as datasets × seeds × models. Every problem in it is said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from textclf.config import RunConfig, Settings, label_of
from textclf.data.files import STANDARD_INPUT
from textclf.encoders import ENCODERS
from textclf.encoders.baselines import BASELINES
from textclf.errors import ConfigurationError, did_you_mean
from textclf.experiment.data import Data
from textclf.registry import flatten, problems_of

NAMED = ("name", "label", "condition")  # the keys by which tables know a dataset
OF_A_RUN = ("seeds", "split_seed", "fold")  # what tells the runs of one table apart


class ExperimentFile(BaseModel):
    """The keys of an experiment file."""

    model_config = ConfigDict(extra="forbid")

    datasets: list[str | dict[str, Any]] = Field(min_length=1)
    seeds: list[int] = Field([0], min_length=1)
    shared: dict[str, Any] = {}
    models: list[dict[str, Any]] = Field(min_length=1)
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
    apart : str, optional
        The settings that tell this entry of a dataset from its other entries in the file.
    """

    config: RunConfig
    label: str
    dataset: str = ""
    apart: str = ""

    @property
    def deterministic(self) -> bool:
        """A baseline depends on the split alone."""
        return self.config.encoder.part in BASELINES

    @property
    def chooses_precision(self) -> bool:
        """Whether the precision is still to be chosen."""
        return self.config.settings.precision == "auto" and not self.deterministic

    def title(self, dataset: str) -> str:
        """The name in tables of this run's data, which are called ``dataset`` where the file gives them no label."""
        return (self.dataset or dataset) + (f" ({self.apart})" if self.apart else "")


@dataclass(frozen=True)
class Job:
    """A run on its way to a worker.

    Attributes
    ----------
    run : Run
    experiment : str
    data : Data, optional
        What the run reads, for a worker that does not have it.
    gpus : float, default 0
        The share of a GPU's memory that it may take; 0: as much as there is.
    """

    run: Run
    experiment: str
    data: Data | None = None
    gpus: float = 0.0


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
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; experiments are YAML files, as in experiments/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigurationError(f"{path}{where}: not YAML ({getattr(error, 'problem', error)})") from None
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
        self.datasets: list[dict[str, Any]] = [
            {"name": entry} if isinstance(entry, str) else dict(entry) for entry in file.datasets
        ]
        self.problems: list[str] = []

    def runs(self) -> Iterator[Run]:
        self._check_shared()
        combinations = [
            (dataset.get("seeds", self.file.seeds), Run(config, label, dataset.get("label", ""), self._apart(dataset)))
            for number, dataset in enumerate(self.datasets)
            for config, label in self._models(number, dataset)
        ]
        self._check_compared({run.label for _, run in combinations})
        if self.problems:
            raise ConfigurationError(list(dict.fromkeys(self.problems)))
        rounds = max(len(seeds) for seeds, _ in combinations)
        for turn in range(rounds):  # seed by seed, so that early rows cover every model
            for seeds, run in combinations:
                if turn < len(seeds):
                    yield from _folds(run, seeds[turn], first=turn == 0)

    def _apart(self, dataset: Mapping[str, Any]) -> str:
        """Settings in which an entry differs from others of the same dataset, as ``max_tokens 40``."""
        same = [entry for entry in self.datasets if all(entry.get(key) == dataset.get(key) for key in NAMED)]
        return ", ".join(
            f"{key} {value}"
            for key, value in dataset.items()
            if key not in OF_A_RUN and any(entry.get(key) != value for entry in same)
        )

    def _models(self, number: int, dataset: Mapping[str, Any]) -> Iterator[tuple[RunConfig, str]]:
        own = {key: value for key, value in dataset.items() if key not in {"name", "label", "seeds"}}
        if not isinstance(dataset.get("name"), str):
            self.problems.append(f"datasets[{number}].name: missing; a corpus or a path")
        title = dataset.get("label", "-")
        if not (isinstance(title, str) and title.strip()):
            self.problems.append(f"datasets[{number}].label: expected the dataset's name in tables, not {title!r}")
        seeds = dataset.get("seeds", self.file.seeds)
        if not (isinstance(seeds, list) and seeds and all(isinstance(seed, int) and seed >= 0 for seed in seeds)):
            self.problems.append(f"datasets[{number}].seeds: expected a list of whole numbers from 0, not {seeds!r}")
        unknown = [key for key in own if key not in Settings.model_fields]
        self.problems += [
            f"datasets[{number}].{key}: unknown key; {did_you_mean(key, Settings.model_fields)}" for key in unknown
        ]
        own = {key: value for key, value in own.items() if key not in unknown}
        labels: dict[str, int] = {}
        for index, model in enumerate(self.file.models):
            given = {key: value for key, value in model.items() if key != "name"}
            shared = {key: value for key, value in self.file.shared.items() if self._reaches(key, given)}
            flat = shared | own | {"dataset": dataset.get("name") or "missing"} | given
            try:
                config = RunConfig.parse(flat)
            except ConfigurationError as error:
                self.problems += [_located(line, index, given, number, own) for line in error.problems]
                continue
            if config.settings.dataset == STANDARD_INPUT:
                self.problems.append(
                    f"datasets[{number}]: - is standard input, which only one run can read; give a file"
                )
            label = str(model.get("name", label_of(given | {"overlap_features": config.settings.overlap_features})))
            if label in labels:
                self.problems.append(
                    f'models[{index}]: is called "{label}", as models[{labels[label]}]; give one of them a name'
                )
            labels[label] = index
            yield config, label

    def _reaches(self, key: str, model: Mapping[str, Any]) -> bool:
        """Settings reach every model; an encoder's option those that take it."""
        return key in Settings.model_fields or (key not in model and key in _options_of(model))

    def _check_compared(self, labels: set[str]) -> None:
        named = [(f"compare.{reference}", reference) for reference in self.file.compare]
        named += [(f"compare.{key}", model) for key, models in self.file.compare.items() for model in models]
        if not self.problems:  # a model that is wrong has no label
            self.problems += [
                f'{place}: no model is called "{label}"; {did_you_mean(label, labels)}'
                for place, label in named
                if label not in labels
            ]

    def _check_shared(self) -> None:
        taken = {key for model in self.file.models for key in _options_of(model)}
        known = {*Settings.model_fields, *taken}
        self.problems += [
            f"shared.{key}: no model of this experiment takes it; {did_you_mean(key, known)}"
            for key in self.file.shared
            if key not in known
        ]


def _options_of(model: Mapping[str, Any]) -> set[str]:
    """Every option that a model takes, given its choices of parts; none if the choices are wrong."""
    try:
        return set(flatten(RunConfig.parse({key: model[key] for key in model if key != "name"}).encoder))
    except ConfigurationError:
        return set(flatten(ENCODERS.options(str(model.get("encoder"))))) if model.get("encoder") in ENCODERS else set()


def _located(line: str, index: int, model: Mapping[str, Any], number: int, dataset: Mapping[str, Any]) -> str:
    """A problem with the place in the file where its key stands."""
    key = line.partition(":")[0]
    if key in model or key == "encoder":
        return f"models[{index}].{line}"
    return f"datasets[{number}].{line}" if key in dataset else f"shared.{line}"


def _folds(run: Run, seed: int, first: bool) -> Iterator[Run]:
    if run.deterministic and not first:
        return
    folds, fold = run.config.settings.folds, run.config.settings.fold
    for part in range(folds) if folds is not None and fold is None else [fold]:
        yield replace(run, config=run.config.with_settings(seed=seed, fold=part))
