"""``textclf list``: names and summaries of all parts, corpora and settings."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from textclf.cli.list_settings import setting_lines
from textclf.cli.list_vectors import describe_vectors, vector_lines
from textclf.cli.output import LINE, print_json, print_text
from textclf.cli.plugin_option import PLUGIN
from textclf.errors import ConfigurationError, did_you_mean

LINES: dict[str, Callable[[Any], Iterable[str]]] = {"settings": setting_lines, "vectors": vector_lines}


def _catalogue() -> dict[str, Any]:
    from textclf.attention.normalisers import NORMALISERS
    from textclf.attention.scores import SCORES
    from textclf.data.corpora import CORPORA
    from textclf.encoders import ENCODERS
    from textclf.encoders.interactions import INTERACTIONS
    from textclf.encoders.poolings import POOLINGS
    from textclf.metrics import METRICS
    from textclf.settings import describe_settings

    return {
        "encoders": ENCODERS,
        "poolings": POOLINGS,
        "scores": SCORES,
        "normalisers": NORMALISERS,
        "interactions": INTERACTIONS,
        "corpora": CORPORA,
        "metrics": METRICS,
        "vectors": describe_vectors(),
        "settings": describe_settings(),
    }


def list_parts(
    kind: str | None = typer.Argument(
        None,
        help="encoders, poolings, scores, normalisers, interactions (of two texts), corpora, metrics, vectors or "
        "settings.",
    ),
    name: str | None = typer.Argument(None, help="A name from this list: print its summary and its options."),
    plugin: list[Path] = PLUGIN,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """List encoders, poolings, scores, normalisers, interactions, corpora, metrics, word vectors and settings of a run.

    Examples:  textclf list   |   textclf list scores --json   |   textclf list settings

    textclf list encoders lstm
    """
    catalogue = _catalogue()
    if kind is not None and kind not in catalogue:
        raise ConfigurationError(f'there is no list of "{kind}"; {did_you_mean(kind, catalogue)}')
    if kind is not None and name is not None:
        _list_one(kind, name, catalogue[kind], as_json)
        return
    chosen = {kind: catalogue[kind]} if kind is not None else catalogue
    if as_json:
        documents = {key: parts if key in LINES else sorted(parts) for key, parts in chosen.items()}
        print_json(documents[kind] if kind is not None else documents)
        return
    for key, parts in chosen.items():
        if kind is None:
            print_text(f"{key}:")
        for line in LINES.get(key, _part_lines)(parts):
            print_text(line if kind is not None else f"  {line}")


def _list_one(kind: str, name: str, parts: Any, as_json: bool) -> None:
    """Print one setting, one table of vectors, one corpus, or one part with its options."""
    if kind in LINES:
        parts = {described["name"]: described for described in parts}
    if name not in parts:
        raise ConfigurationError(f'{kind}: there is no "{name}"; {did_you_mean(name, parts)}')
    from textclf.cli.list_options import describe_options, option_lines

    if kind in LINES:
        document, lines = parts[name], list(LINES[kind]([parts[name]]))
    else:
        summary, options = _summary(parts, name), [] if kind == "corpora" else describe_options(parts, name)
        document = {"name": name, "summary": summary, "options": options}
        lines = [f"{name}: {summary}", *([] if kind == "corpora" else option_lines(kind, options))]
    if as_json:
        print_json(document)
    else:
        for line in lines:
            print_text(line)


def _part_lines(parts: Iterable[str]) -> Iterable[str]:
    width = max(16, *(len(name) + 1 for name in parts))
    for name in sorted(parts):
        line = f"{name:<{width}}{_summary(parts, name)}".rstrip()
        yield from textwrap.wrap(line, LINE, subsequent_indent=" " * width)


def _summary(parts: Any, name: str) -> str:
    """Return the description of a corpus; for a part, the first line of its file, or of its class with its origin."""
    if isinstance(parts, dict):
        return str(parts[name])
    if parts.is_outside(name):
        return f"{parts.summary(name)} ({parts.origin(name) or 'registered in this process'})".lstrip()
    spec = find_spec(parts.module(name))
    if spec is None or spec.origin is None:
        return ""
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].partition(": ")[2]
