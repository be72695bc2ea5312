"""``textclf list``: the parts that there are."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from textclf.cli.output import print_json, print_text
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError, did_you_mean


def _catalogue() -> dict[str, Any]:
    from textclf.attention.normalisers import NORMALISERS
    from textclf.attention.scores import SCORES
    from textclf.data.corpora import CORPORA
    from textclf.encoders import ENCODERS
    from textclf.encoders.interactions import INTERACTIONS
    from textclf.encoders.poolings import POOLINGS

    return {
        "encoders": ENCODERS,
        "poolings": POOLINGS,
        "scores": SCORES,
        "normalisers": NORMALISERS,
        "interactions": INTERACTIONS,
        "corpora": CORPORA,
    }


def list_parts(
    kind: str | None = typer.Argument(
        None, help="encoders, poolings, scores, normalisers, interactions (of two texts) or corpora."
    ),
    plugin: list[Path] = PLUGIN,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """List encoders, poolings, scores, normalisers, interactions and corpora.

    Examples:  textclf list   |   textclf list scores --json
    """
    catalogue = _catalogue()
    if kind is not None and kind not in catalogue:
        raise ConfigurationError(f'there is no list of "{kind}"; {did_you_mean(kind, catalogue)}')
    chosen = {kind: catalogue[kind]} if kind is not None else catalogue
    if as_json:
        names = {key: sorted(parts) for key, parts in chosen.items()}
        print_json(names[kind] if kind is not None else names)
        return
    for key, parts in chosen.items():
        if kind is None:
            print_text(f"{key}:")
        for name in sorted(parts):
            print_text(f"{'' if kind is not None else '  '}{name:<16}{_summary(parts, name)}".rstrip())


def _summary(parts: Any, name: str) -> str:
    """What a corpus holds; of a part the first line of its file, read without importing it, or its origin."""
    if isinstance(parts, dict):
        return str(parts[name])
    if parts.is_outside(name):
        return f"({parts.origin(name) or 'registered in this process'})"
    spec = find_spec(parts.module(name))
    if spec is None or spec.origin is None:
        return ""
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].partition(": ")[2]
