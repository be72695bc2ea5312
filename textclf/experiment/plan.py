"""The runs that an experiment asks for, with their names in tables and the rows that count for them."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from textclf.config import REVISION, RunConfig
from textclf.errors import ConfigurationError
from textclf.experiment.preparation import data_of
from textclf.experiment.spec import Run
from textclf.results.rows import OkRow, PlannedRow
from textclf.training.bfloat16 import PRECISIONS, resolve_precision
from textclf.training.device import resolve_device

log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Planned:
    """A run that is asked for.

    Attributes
    ----------
    run : Run
    dataset : str
        The name of its data in tables.
    fingerprint : str
        Of its row, the one that is there or the one that will be.
    speed : str
        The fingerprint of the measurement of its model's speed.
    """

    run: Run
    dataset: str
    fingerprint: str
    speed: str

    def row(self) -> PlannedRow:
        """The line of ``planned.jsonl``."""
        return PlannedRow(fingerprint=self.fingerprint, speed=self.speed, dataset=self.dataset, model=self.run.label)


def plan(runs: Iterable[Run], done: Mapping[str, OkRow]) -> list[Planned]:
    """The runs of an experiment, each once, with the rows ``done`` by fingerprint."""
    there = _today(done)
    planned: dict[tuple[str, ...], Planned] = {}
    for run in _with_precision(list(runs), there):
        fingerprint, speed = (_fingerprint(config) for config in (run.config, timed(run.config)))
        one = Planned(run, dataset_of(run), there.get(fingerprint, fingerprint), speed)
        planned.setdefault((one.fingerprint, speed, one.dataset, run.label), one)
    return list(planned.values())


def _with_precision(runs: list[Run], there: Mapping[str, str]) -> list[Run]:
    """The runs with ``precision: auto`` resolved, once for all: as in the rows that are there, else for this machine.

    So a grid that is resumed on another processor keeps to one precision.
    """
    automatic = [run for run in runs if run.chooses_precision]
    chosen: dict[str, str] = {}
    for device in dict.fromkeys(run.config.settings.device for run in automatic):
        here = resolve_precision("auto", resolve_device(device))
        done = Counter(
            precision
            for run in automatic
            for precision in PRECISIONS
            if run.config.settings.device == device and _fingerprint(_in(run, precision).config) in there
        )
        chosen[device] = max(PRECISIONS, key=lambda precision: (done[precision], precision == here))
        if chosen[device] != here:
            log.warning(
                "precision: this experiment has rows that were trained in %s, so its other runs will be too, although "
                "%s is faster on this processor; --fresh chooses anew",
                chosen[device],
                here,
            )
    return [_in(run, chosen[run.config.settings.device]) if run.chooses_precision else run for run in runs]


def _in(run: Run, precision: str) -> Run:
    return replace(run, config=run.config.with_settings(precision=precision))


def timed(config: RunConfig) -> RunConfig:
    """The configuration whose speed is that of ``config``, as seeds and folds do not matter to it."""
    return config.with_settings(seed=0, fold=None if config.settings.folds is None else 0)


def dataset_of(run: Run) -> str:
    """The name of a run's data in tables."""
    return run.title(data_of(run.config).corpus.name)


def check_names(runs: Iterable[Run]) -> None:
    """Check that no two datasets share a table.

    Raises
    ------
    ConfigurationError
    """
    tables: dict[tuple[str, str], str] = {}
    problems = []
    for run in runs:
        settings = run.config.settings
        first = tables.setdefault((dataset_of(run), settings.condition), settings.dataset)
        if first != settings.dataset:
            problems.append(
                f'datasets: {first} and {settings.dataset} are both called "{dataset_of(run)}"; give one of them a '
                f"label, as {{name: {settings.dataset}, label: another}}"
            )
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))


def _today(done: Mapping[str, OkRow]) -> dict[str, str]:
    """The fingerprint that each row would have today, to the one that it has.

    A row holds its whole configuration; an option that came after it has its default, which is what it was run with.
    """
    there = {fingerprint: fingerprint for fingerprint in done}
    for fingerprint, row in done.items():
        if row.provenance.revision == REVISION:
            with contextlib.suppress(ConfigurationError):  # an option that is no more: its own fingerprint only
                today = RunConfig.parse(row.config).fingerprint(row.provenance.data_sha256)
                there.setdefault(today, fingerprint)
    return there


def _fingerprint(config: RunConfig) -> str:
    return config.fingerprint(data_of(config).sha256)
