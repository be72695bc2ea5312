"""``cross`` of a model in an experiment file: one model for every combination of the listed values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from textclf.bounds import shown
from textclf.config import in_label, label_of
from textclf.errors import Problem
from textclf.experiment.combinations import MAX_RUNS
from textclf.experiment.names import LONGEST_MODEL, problems_of_name, without_extra_spaces

NO_SETTINGS = ("name", "cross")  # the keys of a model that are neither settings nor options


@dataclass(frozen=True)
class Variant:
    """One model of an experiment: an entry under ``models`` with one value of each crossed key.

    Attributes
    ----------
    place : str
        The place of the entry in the file, such as ``"models[2]"``.
    fixed : dict of str to Any
        The keys of the entry outside ``cross``, without its name.
    crossed : dict of str to Any
        The keys under ``cross``, each with one value.
    name : Any
        The entry's name; None if it has none.
    """

    place: str
    fixed: dict[str, Any]
    crossed: dict[str, Any] = field(default_factory=dict)
    name: Any = None

    @property
    def keys(self) -> dict[str, Any]:
        """All keys of the model, without its name."""
        return self.fixed | self.crossed

    @property
    def places(self) -> dict[str, dict[str, Any]]:
        """The keys of this model by their place in the file."""
        return {self.place: self.fixed} | ({f"{self.place}.cross": self.crossed} if self.crossed else {})

    def label(self, overlap_features: bool) -> str:
        """Return the model's label in tables: its name or its parts, then the crossed values that these do not show."""
        if self.name is None:
            start = label_of(self.keys | {"overlap_features": overlap_features})
            shown_already = {"overlap_features", *filter(in_label, self.crossed)}
        else:
            start, shown_already = str(self.name), set()
        added = [_word(key, value) for key, value in self.crossed.items() if key not in shown_already]
        return without_extra_spaces("-".join([start, *filter(None, added)]))


def variants_of(models: Sequence[Mapping[str, Any]], datasets: int) -> tuple[list[Variant], list[Problem]]:
    """Return every model of a file in the file's order, and the problems of names and of ``cross``.

    The last key under ``cross`` varies fastest. A model whose ``cross`` has problems is returned with the valid values,
    so that its other keys can be checked. ``datasets`` is the number of datasets; each adds at least one run of every
    model.
    """
    variants: list[Variant] = []
    problems: list[Problem] = []
    for number, model in enumerate(models):
        place = f"models[{number}]"
        if "name" in model:
            problems += problems_of_name(f"{place}.name", model["name"], LONGEST_MODEL)
        values, problems_of_values = _values_of(model, f"{place}.cross") if "cross" in model else ({}, [])
        problems += problems_of_values
        combinations = math.prod(map(len, values.values()))
        if (len(variants) + combinations) * datasets > MAX_RUNS:
            problems.append(Problem(f"{place}.cross", f"more than {MAX_RUNS:,} runs; make several files of them"))
            values = {key: listed[:1] for key, listed in values.items()}
        fixed = {key: value for key, value in model.items() if key not in NO_SETTINGS and key not in values}
        variants += [
            Variant(place, fixed, dict(zip(values, chosen, strict=True)), model.get("name"))
            for chosen in product(*values.values())
        ]
    return variants, problems


def _values_of(model: Mapping[str, Any], place: str) -> tuple[dict[str, list[Any]], list[Problem]]:
    """Return the valid values of each key under ``cross``, and the problems of the others."""
    cross = model["cross"]
    if not isinstance(cross, dict) or not cross:
        example = "{pooling.score: [dot, additive]}"
        return {}, [Problem(place, f"expected keys with lists of values, such as {example}, not {shown(cross)}")]
    problems = [
        Problem(f"{place}.{key}", message)
        for key, values in cross.items()
        for message in islice(_problems_of_values(key, values, model), 1)  # the others may follow from the first one
    ]
    lists = {key: values if isinstance(values, list) else [values] for key, values in cross.items()}
    wrong = {key for key, values in cross.items() if key in NO_SETTINGS or isinstance(values, dict)}
    return {key: values for key, values in lists.items() if values and key not in wrong}, problems


def _problems_of_values(key: str, values: Any, model: Mapping[str, Any]) -> Iterator[str]:
    if key in NO_SETTINGS:
        yield "not allowed under cross; leave it out"
    if isinstance(values, dict):
        yield f"keys inside a key; write each as {key}.KEY"
    if key in model:
        yield "also given outside cross; leave one out"
    if not isinstance(values, list):
        yield f"expected a list of values, not {shown(values)}"
    elif not values:
        yield "expected at least one value, not []"
    else:
        written = [json.dumps(value, default=str) for value in values]
        repeated = [text for text in dict.fromkeys(written) if written.count(text) > 1]
        if repeated:
            yield f"{', '.join(repeated)}: given twice; give each value once"


def _word(key: str, value: Any) -> str:
    """Return a crossed value as a label shows it: a word without its key, anything else with it.

    >>> _word("pooling.score", "dot"), _word("hidden_dim", 64), _word("bidirectional", False)
    ('dot', 'hidden_dim=64', 'bidirectional=false')
    """
    if isinstance(value, str) or (in_label(key) and value is not None):
        return str(value)
    return "" if in_label(key) else f"{key.rpartition('.')[2]}={json.dumps(value, default=str)}"
