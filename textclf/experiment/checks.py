"""Checks of an experiment before its first run: inputs, devices, and whether each model fits into memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textclf.config import RunConfig
from textclf.errors import ConfigurationError, Problem
from textclf.experiment.plan import check_names
from textclf.experiment.preparation import Preparations
from textclf.experiment.spec import Experiment
from textclf.tasks import deciding_metric
from textclf.training.building import check_memory
from textclf.training.device import resolve_device


def check(experiment: Experiment, preparations: Preparations) -> None:
    """Check all runs before the first one starts; each model and each split is checked once.

    Raises
    ------
    DataError
        If a dataset or a file of word vectors cannot be used.
    ConfigurationError
        If there is any other problem. The error names the dataset if all its models have the problem, else the labels
        of the models.
    """
    # (dataset if the problem can be in the data, problem) -> labels
    problems: dict[tuple[str, Problem], list[str]] = {}
    labels: dict[str, set[str]] = {}
    splits: set[tuple[Any, ...]] = set()
    models: set[tuple[str, str, str]] = set()
    for run in experiment.runs:
        settings = run.config.settings
        model = (settings.dataset, settings.condition, run.label)
        split = (settings.dataset, settings.folds, settings.fold, settings.split_seed)
        if model in models and split in splits:
            continue
        models.add(model)
        splits.add(split)
        dataset = run.title(settings.dataset)
        labels.setdefault(dataset, set()).add(run.label)
        for place, check_one in (("", _check_importable), (dataset, _check_data), ("", _check_model)):
            try:
                check_one(run.config, preparations)
            except ConfigurationError as error:
                for problem in error.problems:
                    problems.setdefault((place, problem), []).append(run.label)
                break
    if problems:
        raise ConfigurationError(
            [
                replace(problem, where=place if set(found) == labels.get(place) else _first_of(found))
                for (place, problem), found in problems.items()
            ]
        )
    check_names(experiment.runs, preparations)


def _check_data(config: RunConfig, preparations: Preparations) -> None:
    parts = preparations.splits(config).parts().values()
    deciding_metric(config.settings.select_by, preparations.task(config), *parts)


def _check_model(config: RunConfig, preparations: Preparations) -> None:
    prepared = preparations.of(config)
    device = resolve_device(config.settings.device)
    if config.kind == "encoder":
        check_memory(config, 2, len(prepared.splits.classes), prepared.pairs, device)


def _check_importable(config: RunConfig, preparations: Preparations) -> None:
    """Raise `ConfigurationError` if only this process has a part: the workers could not build it."""
    for registry, name in config.parts():
        if registry.is_outside(name) and registry.origin(name) is None:
            raise ConfigurationError(
                f'{registry.kind} "{name}": is registered in this process only, but an experiment starts other '
                "processes; write it into a file and load the file with textclf.plugins.load_plugin(FILE)"
            )


def _first_of(labels: list[str]) -> str:
    """Return the first label and the number of others."""
    first, *others = dict.fromkeys(labels)
    return f"{first} and {len(others)} more" if others else first
