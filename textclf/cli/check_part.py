"""``textclf check-part``: check that a part does what every part of its kind must do."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.cli.output import print_json, print_line
from textclf.cli.plugin_option import PLUGIN


def check_part(
    kind: str = typer.Argument(
        ..., help="score, normaliser, pooling, encoder, interaction, baseline, metric or task.", show_default=False
    ),
    name: str = typer.Argument(..., help="The part's name.", show_default=False),
    plugin: list[Path] = PLUGIN,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """Check a part, for example that padding does not change what a pooling returns.

    Prints one line for each check. Exit status: 0 all checks pass, 1 one fails, 2 there is no such part.

    Examples:  textclf check-part pooling attention

    textclf check-part pooling mine --plugin mine.py
    """
    from textclf.conformance.kinds import check_part

    findings = list(check_part(kind, name))
    if as_json:
        checks = [{"check": one.check, "ok": one.reason is None, "reason": one.reason} for one in findings]
        print_json({"kind": kind, "name": name, "checks": checks})
    else:
        for one in findings:
            print_line(f"ok     {one.check}" if one.reason is None else f"WRONG  {one.check} {one.reason}")
    if any(one.reason is not None for one in findings):
        raise typer.Exit(1)
