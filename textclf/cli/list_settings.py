"""``textclf list settings``: the settings of a run with their defaults, units and descriptions."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from textclf.cli.output import LINE

NAME, DEFAULT = 22, 18  # characters of the first two columns


def setting_lines(settings: list[dict[str, Any]], title: str = "setting") -> Iterator[str]:
    """Yield the lines of a table with the columns ``title``, default (with its unit) and description."""
    yield _row(title, "default", "description")
    for setting in settings:
        values = f" One of {', '.join(map(str, setting['enum']))}." if "enum" in setting else ""
        description, *more = textwrap.wrap((setting["description"] + values).strip(), LINE - NAME - DEFAULT) or [""]
        yield _row(setting["name"], default_of(setting), description).rstrip()
        for line in more:
            yield _row("", "", line)


def _row(name: str, default: str, description: str) -> str:
    return f"{name:<{NAME - 1}} {default:<{DEFAULT - 1}} {description}"


def default_of(setting: Mapping[str, Any]) -> str:
    """Return the default as YAML writes it, with its unit if it has one."""
    value = setting["default"]
    written = value if isinstance(value, str) and value else json.dumps(value)
    unit = setting["unit"] if value is not None else None
    return " ".join([written, *([unit.removesuffix("s") if value == 1 else unit] if unit else [])])
