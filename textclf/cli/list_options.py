"""``textclf list KIND NAME``: the options of one part with their defaults and descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from textclf.cli.list_settings import default_of, setting_lines
from textclf.registry import Registry, Slot
from textclf.settings import values_of

# for each kind, the prefix of an option in the example of --set
PLACES = {
    "encoders": "",
    "poolings": "pooling.",
    "interactions": "interaction.",
    "scores": "pooling.score.",
    "normalisers": "pooling.normaliser.",
}


def describe_options(registry: Registry, name: str) -> list[dict[str, Any]]:
    """Return each option's name, default, unit and description, and its type and bounds as in JSON Schema.

    The descriptions are in the docstring of the part's class. The type of an option that holds another part is the
    other part's kind.
    """
    words, described = _descriptions(registry[name]), []
    for key, field in registry.options_class(name).model_fields.items():
        slot, description = field.default, words.get(key, "")
        if isinstance(slot, Slot):
            kind = slot.registry.kind
            option = {"name": f"{key}.{slot.named}" if slot.named else key, "default": slot.default, "unit": None}
            listed = f"The name of {'an' if kind[0] in 'aeiou' else 'a'} {kind}; textclf list {kind}s shows all."
            described.append(option | {"description": listed, "type": kind})
        elif key != "part":
            option = {"name": key, "default": field.default, "unit": None, "description": description}
            described.append(option | values_of(TypeAdapter(field.rebuild_annotation()).json_schema()))
    return described


def option_lines(kind: str, options: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table of options, and an example of ``--set``."""
    if not options:
        yield "no options"
        return
    yield from setting_lines(options, "option")
    if kind in PLACES:
        yield f"for example: --set {PLACES[kind]}{options[-1]['name']}={default_of(options[-1])}"


def _descriptions(part: Any) -> dict[str, str]:
    """Return the description of each parameter in the docstring of a class, or of the nearest base class."""
    descriptions: dict[str, str] = {}
    for base in reversed(inspect.getmro(part)):
        _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Parameters\n----------\n")
        for names, lines in re.findall(r"^(\w[\w, ]*)(?: : .*)?\n((?: +.*\n?)+)", section.partition("\n\n")[0], re.M):
            description = " ".join(lines.replace("`", "").split())
            descriptions |= dict.fromkeys(re.split(", ", names.strip()), description)
    return descriptions
