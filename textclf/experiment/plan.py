"""The plan of an experiment: each run once, with its inputs, its fingerprint and its dataset's name in tables."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from textclf.config import REVISION, RunConfig
from textclf.errors import ConfigurationError
from textclf.experiment.preparation import Preparations, Prepared
from textclf.experiment.provenance import outside_parts
from textclf.experiment.spec import Run
from textclf.results.rows import OkRow, PlannedRow
from textclf.training.bfloat16 import PRECISIONS, resolve_precision
from textclf.training.device import resolve_device

log = logging.getLogger("textclf")


@dataclass(frozen=True)
class Planned:
    """A run of the experiment.

    Attributes
    ----------
    run : Run
    prepared : Prepared
        The inputs of the run.
    dataset : str
        The dataset's name in tables.
    fingerprint : str
        The fingerprint of the run's row, which exists already or will be written.
    speed : str
        The fingerprint of the speed measurement of the run's model.
    """

    run: Run
    prepared: Prepared
    dataset: str
    fingerprint: str
    speed: str

    def row(self) -> PlannedRow:
        """Return the run's line in ``planned.jsonl``."""
        return PlannedRow(fingerprint=self.fingerprint, speed=self.speed, dataset=self.dataset, model=self.run.label)


def plan(runs: Iterable[Run], preparations: Preparations, done: Mapping[str, OkRow]) -> list[Planned]:
    """Return the runs of an experiment, each once.

    Parameters
    ----------
    runs : iterable of Run
    preparations : Preparations
        The inputs of the runs.
    done : mapping of str to OkRow
        The rows of finished runs by fingerprint.
    """
    rows = _fingerprints_today(done)
    inputs = [(run, preparations.of(run.config)) for run in runs]
    planned: dict[tuple[str, ...], Planned] = {}
    for run, prepared in _with_precision(inputs, rows):
        fingerprint, speed = (config.fingerprint(prepared.sha256) for config in (run.config, speed_config(run.config)))
        dataset, fingerprint = run.title(prepared.name), rows.get(fingerprint, fingerprint)
        key = (fingerprint, speed, dataset, run.label)
        planned.setdefault(key, Planned(run, prepared, dataset, fingerprint, speed))
    return list(planned.values())


def _with_precision(inputs: list[tuple[Run, Prepared]], rows: Mapping[str, str]) -> Iterator[tuple[Run, Prepared]]:
    """Replace ``precision: auto`` by the precision of most finished rows, else by the faster one on this machine.

    So an experiment that is resumed on another processor keeps its precision.
    """
    automatic = [(run, prepared.sha256) for run, prepared in inputs if run.chooses_precision]
    chosen: dict[str, str] = {}
    for device in dict.fromkeys(run.config.settings.device for run, _ in automatic):
        faster = resolve_precision("auto", resolve_device(device))
        done = Counter(
            precision
            for run, sha256 in automatic
            for precision in PRECISIONS
            if run.config.settings.device == device and _with(run, precision).config.fingerprint(sha256) in rows
        )
        chosen[device] = max(PRECISIONS, key=lambda precision: (done[precision], precision == faster))
        if chosen[device] != faster:
            log.warning(
                "precision: this experiment has rows that were trained in %s, so its other runs use it too, although "
                "%s is faster on this processor; to choose again, remove the rows with --fresh",
                chosen[device],
                faster,
            )
    for run, prepared in inputs:
        yield (_with(run, chosen[run.config.settings.device]) if run.chooses_precision else run), prepared


def _with(run: Run, precision: str) -> Run:
    return replace(run, config=run.config.with_settings(precision=precision))


def speed_config(config: RunConfig) -> RunConfig:
    """Return ``config`` with seed 0 and fold 0: the speed of a model depends on neither, so it is measured once."""
    return config.with_settings(seed=0, fold=None if config.settings.folds is None else 0)


def check_names(runs: Iterable[Run], preparations: Preparations) -> None:
    """Check that no two datasets have the same name in tables.

    Raises
    ------
    ConfigurationError
    """
    tables: dict[tuple[str, str], str] = {}
    problems = []
    for run in runs:
        settings = run.config.settings
        name = run.title(preparations.of(run.config).name)
        first = tables.setdefault((name, settings.condition), settings.dataset)
        if first != settings.dataset:
            problems.append(
                f'datasets: {first} and {settings.dataset} are both called "{name}"; give one of them a label, '
                f"as {{name: {settings.dataset}, label: another}}"
            )
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))


def _fingerprints_today(done: Mapping[str, OkRow]) -> dict[str, str]:
    """Map the fingerprint that each row would get today to the fingerprint in the row.

    They differ if an option was added after the run: the row lacks the option, and the option's default
    describes the run.
    """
    rows = {fingerprint: fingerprint for fingerprint in done}
    for fingerprint, row in done.items():
        if row.provenance.revision == REVISION:
            with contextlib.suppress(ConfigurationError):  # the row has an option that no longer exists
                config = RunConfig.parse(row.config)
                if outside_parts(config).get("plugins") == row.provenance.plugins:
                    rows.setdefault(config.fingerprint(row.provenance.data_sha256), fingerprint)
    return rows
