"""Conditions: the settings that distinguish datasets of the same name; the report shows one table for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ("name", "label", "condition")  # the keys that identify a dataset in tables
NOT_SHOWN = {*NAMES, "seeds", "split_seed", "fold"}  # runs that differ only in these stand in the same table


def condition_of(dataset: Mapping[str, Any], datasets: Sequence[Mapping[str, Any]]) -> str:
    """Return a dataset's own condition, then the settings in which it differs from datasets of the same name.

    >>> datasets = [{"name": "mr"}, {"name": "mr", "max_tokens": 64}, {"name": "trec", "max_tokens": 64}]
    >>> [condition_of(dataset, datasets) for dataset in datasets]
    ['', 'max tokens 64', '']
    """
    same_name = [other for other in datasets if all(other.get(key) == dataset.get(key) for key in NAMES)]
    settings = [
        f"{key.replace('_', ' ')} {value}"
        for key, value in dataset.items()
        if key not in NOT_SHOWN and any(value != other.get(key) for other in same_name)
    ]
    condition = dataset.get("condition")
    return ", ".join([*([condition] if condition else []), *settings])
