"""``textclf list``: the parts that there are."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from textclf.cli.output import print_json, print_text
from textclf.errors import ConfigurationError, did_you_mean


def _catalogue() -> dict[str, Any]:
    from textclf.attention.normalisers import NORMALISERS
    from textclf.attention.scores import SCORES
    from textclf.data.corpora import CORPORA
    from textclf.encoders import ENCODERS
    from textclf.encoders.interactions import INTERACTIONS
    from textclf.encoders.poolings import POOLINGS
    from textclf.metrics import METRICS

    return {
        "encoders": ENCODERS,
        "poolings": POOLINGS,
        "scores": SCORES,
        "normalisers": NORMALISERS,
        "interactions": INTERACTIONS,
        "corpora": CORPORA,
        "metrics": METRICS,
    }


def list_parts(
    kind: str | None = typer.Argument(
        None, help="encoders, poolings, scores, normalisers, interactions (of two texts), corpora or metrics."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """List encoders, poolings, scores, normalisers, interactions, corpora and metrics.

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
        width = max(16, *(len(name) + 1 for name in parts))
        for name in sorted(parts):
            print_text(f"{'' if kind is not None else '  '}{name:<{width}}{_summary(parts, name)}".rstrip())


def _summary(parts: Iterable[str], name: str) -> str:
    """What a corpus holds; of a part the first line of its file, read without importing it."""
    if isinstance(parts, dict):
        return str(parts[name])
    spec = find_spec(parts.module(name))  # type: ignore[attr-defined]
    if spec is None or spec.origin is None:
        return ""
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].partition(": ")[2]
