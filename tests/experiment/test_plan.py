"""The plan of an experiment: each run once, with the fingerprint of its row."""

from __future__ import annotations

from pathlib import Path

from textclf.config import RunConfig
from textclf.experiment.plan import plan
from textclf.experiment.preparation import Preparations
from textclf.experiment.spec import Run


def test_equal_runs_are_planned_once(reviews: Path) -> None:
    config = RunConfig.parse({"dataset": str(reviews), "encoder": "tfidf"})
    runs = [Run(config, "tfidf"), Run(config, "tfidf"), Run(config, "other name"), Run(config, "tfidf", "label")]
    planned = plan(runs, Preparations(), {})
    names = [(run.dataset, run.run.label) for run in planned]
    assert names == [("reviews", "tfidf"), ("reviews", "other name"), ("label", "tfidf")]
    assert len({run.fingerprint for run in planned}) == 1, "all three must share one row"


def test_seeds_and_folds_share_a_measurement_of_speed(reviews: Path) -> None:
    config = RunConfig.parse({"dataset": str(reviews), "encoder": "none", "folds": 3})
    runs = [Run(config.with_settings(seed=seed, fold=fold), "none") for seed, fold in ((1, 0), (2, 1))]
    runs.append(Run(config.with_settings(epochs=2, fold=0), "none"))
    first, second, other = plan(runs, Preparations(), {})
    assert first.fingerprint != second.fingerprint
    assert first.speed == second.speed != other.speed
