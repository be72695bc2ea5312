"""Read an experiment file: datasets × seeds × models. All problems of a file are reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from textclf.config import RunConfig
from textclf.data.files import STANDARD_INPUT
from textclf.encoders import ENCODERS
from textclf.errors import ConfigurationError, Problem, did_you_mean
from textclf.experiment.combinations import Combination, repeated_labels, repeated_runs
from textclf.experiment.conditions import condition_of
from textclf.experiment.contrasts import problems_of_contrasts
from textclf.experiment.cross import NO_SETTINGS, Variant, variants_of
from textclf.experiment.file_keys import SEEDS, ExperimentFile
from textclf.experiment.names import LONGEST_MODEL, problems_of_dataset, problems_of_name, without_extra_spaces
from textclf.experiment.places import (
    DATASET_KEYS,
    MISPLACED_KEYS,
    TOP_LEVEL_SETTINGS,
    located,
    misplaced,
    unknown_in_dataset,
    without_misplaced,
)
from textclf.registry import flatten, problems_of
from textclf.settings import Settings
from textclf.yaml_reader import read_yaml


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
        """Whether the precision must still be chosen: it is ``auto``, and the model is trained."""
        return self.config.settings.precision == "auto" and not self.deterministic

    def title(self, dataset: str) -> str:
        """Return the dataset's name in tables: its label in the file if it has one, else ``dataset``."""
        return self.dataset or dataset


@dataclass(frozen=True)
class Experiment:
    """The name and the runs of an experiment file."""

    name: str
    runs: list[Run]


def read_experiment(path: str | Path) -> Experiment:
    """Read an experiment file.

    Raises
    ------
    ConfigurationError
        If the file has problems. The error lists all of them with their places.
    """
    path = Path(path)
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: expected the keys {', '.join(ExperimentFile.model_fields)}")
    top_level = ExperimentFile.model_fields | TOP_LEVEL_SETTINGS  # seed is reported as a misspelt seeds
    elsewhere = [key for key in content if key in MISPLACED_KEYS and key not in top_level]
    runs, problems = _read({key: value for key, value in content.items() if key not in elsewhere})
    problems = [*misplaced("", elsewhere), *problems]
    if problems:
        raise ConfigurationError([replace(problem, where=str(path)) for problem in problems])
    return Experiment(path.stem, runs)


def _read(content: dict[str, Any]) -> tuple[list[Run], list[Problem]]:
    """Return the runs and all problems: of the top-level keys, and of the content of the valid ones."""
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
    """Datasets × models × seeds × folds; each combination of a dataset and a model is validated once."""

    def __init__(self, file: ExperimentFile) -> None:
        self.file = file
        self.models, self.problems = variants_of(file.models, len(file.datasets))
        self.options = [_options_of(model) for model in self.models]

    def runs(self) -> Iterator[Run]:
        combinations = self._valid_combinations()
        conditions = [condition_of(dataset, self.file.datasets) for dataset in self.file.datasets]
        labels = [without_extra_spaces(dataset.get("label", "")) for dataset in self.file.datasets]
        runs = [(*run, combination) for combination in combinations for run in combination.seeds_and_folds()]
        runs.sort(key=lambda run: run[0])  # seed by seed, so that early rows cover every model
        for _, seed, fold, combination in runs:
            number, config = combination.dataset, combination.config
            condition = conditions[number] or config.settings.condition
            config = config.with_settings(seed=seed, fold=fold, condition=condition)
            yield Run(config, combination.label, labels[number])

    def _valid_combinations(self) -> list[Combination]:
        """Return every combination; raise `ConfigurationError` with all problems if there are any."""
        self._check_keys()
        seeds = [self._seeds(number) for number in range(len(self.file.datasets))]
        combinations = [
            Combination(number, model.place, seeds[number], config, label)
            for number, dataset in enumerate(self.file.datasets)
            for model, config, label in self._models(number, dataset)
        ]
        labels = None if self.problems else {combination.label for combination in combinations}
        self.problems += problems_of_contrasts(self.file.contrasts, labels)
        problems = self.problems or list(repeated_labels(combinations)) or list(repeated_runs(combinations))
        if problems:
            raise ConfigurationError(list(dict.fromkeys(problems)))
        return combinations

    def _seeds(self, number: int) -> list[int]:
        try:
            return SEEDS.validate_python(self.file.datasets[number].get("seeds", self.file.seeds))
        except ValidationError as error:
            self.problems += problems_of(error, f"datasets[{number}].seeds.")
            return []

    def _models(self, number: int, dataset: Mapping[str, Any]) -> Iterator[tuple[Variant, RunConfig, str]]:
        """Yield each model with its configuration on a dataset and its label; collect the problems of the others."""
        place, keys = f"datasets[{number}]", self._dataset_keys(number, dataset)
        name = dataset.get("name")
        settings = keys | {"dataset": name if isinstance(name, str) else "missing"}
        for model, options in zip(self.models, self.options, strict=True):
            shared = {key: value for key, value in self.file.shared.items() if _applies(key, model, options)}
            try:
                keys_of_run = without_misplaced(shared) | settings | without_misplaced(model.keys)
                config = RunConfig.parse(keys_of_run, beside=NO_SETTINGS)
            except ConfigurationError as error:
                places = model.places | {place: keys, "shared": shared}
                self.problems += [located(problem, places) for problem in error.problems]
                continue
            if config.settings.dataset == STANDARD_INPUT:
                reason = "- is standard input, which only one run can read; give a file"
                self.problems.append(Problem(place, reason))
            label = model.label(config.settings.overlap_features)
            if model.crossed:
                self.problems += problems_of_name(f"{model.place}.cross", label, LONGEST_MODEL)
            yield model, config, label

    def _dataset_keys(self, number: int, dataset: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that a dataset gives; collect the problems of its names and keys."""
        place = f"datasets[{number}]"
        keys = {key: value for key, value in dataset.items() if key not in {"name", "label", "seeds"}}
        self.problems += problems_of_dataset(place, dataset)
        self.problems += [*unknown_in_dataset(place, dataset), *misplaced(place, keys)]
        return {key: value for key, value in keys.items() if key in DATASET_KEYS}

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


def _applies(key: str, model: Variant, options: set[str]) -> bool:
    """Return whether a shared key applies to a model: a setting always, an option if the model takes it."""
    return key in Settings.model_fields or (key not in model.keys and key in options)


def _options_of(model: Variant) -> set[str]:
    """Return the options of a model and its parts, or only those of its encoder if the parts are invalid."""
    try:
        return set(flatten(RunConfig.parse(without_misplaced(model.keys)).encoder))
    except ConfigurationError:
        encoder = str(model.keys.get("encoder"))
        return set(flatten(ENCODERS.options(encoder))) if encoder in ENCODERS else set()
