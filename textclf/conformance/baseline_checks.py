"""Checks of a baseline by itself; each takes the baseline's name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from textclf.conformance.requirement import require
from textclf.encoders.baselines import BASELINES

CLASSES = 3
TEXTS = ["a good film", "a bad film", "an old plot", "a good good scene", "bad", "an old story and a plot"] * 3
OTHERS = TEXTS[1:] + TEXTS[:1]
LABELS = np.array([0, 1, 2, 0, 1, 0] * 3)  # classes of unequal size
TOLERANCE = 1e-9
COLUMNS = ([TEXTS], [TEXTS, OTHERS])  # single texts, pairs


def _fitted(name: str, columns: list[list[str]], labels: np.ndarray = LABELS) -> Any:
    baseline = BASELINES.build(name, CLASSES)
    baseline.fit(labels, *columns)
    return baseline


def probabilities_are_a_distribution(name: str) -> None:
    """Probabilities have the shape (n, classes), are not negative and sum to 1, for texts and for pairs."""
    for columns in COLUMNS:
        probabilities = _fitted(name, columns).predict_proba(*columns)
        shape = (len(TEXTS), CLASSES)
        require(probabilities.shape == shape, f"probabilities: expected {shape}, measured {probabilities.shape}")
        sums = probabilities.sum(1)
        require(
            (probabilities >= 0).all() and np.abs(sums - 1).max() <= 1e-6,
            f"probabilities: expected rows that sum to 1, measured {sums.min():.3g} to {sums.max():.3g}",
        )


def classes_may_be_absent(name: str) -> None:
    """A class may have no training text, and training may have one class only."""
    for labels in (LABELS % 2, np.zeros_like(LABELS)):
        probabilities = _fitted(name, [TEXTS], labels).predict_proba(TEXTS)
        require(
            probabilities.shape == (len(TEXTS), CLASSES) and np.isfinite(probabilities).all(),
            f"probabilities: expected {CLASSES} finite columns, measured {probabilities.shape}; keep a column for each "
            "class",
        )


def texts_do_not_affect_each_other(name: str) -> None:
    """A text has the same probabilities alone and with other texts; unknown words are allowed."""
    baseline = _fitted(name, [TEXTS])
    together = baseline.predict_proba([*TEXTS, "zebra"])
    single = np.concatenate([baseline.predict_proba([text]) for text in [*TEXTS, "zebra"]])
    difference = np.abs(together - single).max()
    require(
        difference <= TOLERANCE,
        f"probabilities alone and with other texts: expected the same, measured a difference of {difference:.3g}; "
        "learn only in fit",
    )


def fitting_is_deterministic(name: str) -> None:
    """The same texts and labels give the same probabilities."""
    first, second = (_fitted(name, [TEXTS]).predict_proba(TEXTS) for _ in range(2))
    difference = np.abs(first - second).max()
    require(
        difference <= TOLERANCE, f"two fits: expected the same, measured a difference of {difference:.3g}; set the seed"
    )


def state_is_restored(name: str) -> None:
    """A baseline that restores the state of another one predicts the same; a state of other classes is refused."""
    for columns in COLUMNS:
        baseline = _fitted(name, columns)
        arrays, values = baseline.state()
        require(
            all(isinstance(array, np.ndarray) for array in arrays.values()),
            "state: expected numpy arrays first; put every other value into the second dictionary",
        )
        restored = BASELINES.build(name, CLASSES)
        restored.restore(arrays, json.loads(json.dumps(values)))
        difference = np.abs(restored.predict_proba(*columns) - baseline.predict_proba(*columns)).max()
        require(
            difference <= TOLERANCE,
            f"probabilities after restore: expected the same, measured a difference of {difference:.3g}; put "
            "everything that fit learns into state",
        )
    try:
        BASELINES.build(name, 2).restore(arrays, values)
    except ValueError:
        return
    require(False, "restore with a state of 3 classes in a baseline of 2: expected a ValueError; compare the shapes")


def parameters_are_counted(name: str) -> None:
    """`parameters` is a whole number."""
    count = _fitted(name, [TEXTS]).parameters()
    require(isinstance(count, int) and count >= 0, f"parameters: expected a whole number, measured {count!r}")


BASELINE_CHECKS = (
    probabilities_are_a_distribution,
    classes_may_be_absent,
    texts_do_not_affect_each_other,
    fitting_is_deterministic,
    state_is_restored,
    parameters_are_counted,
)
