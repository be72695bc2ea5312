"""``textclf check-part``: check that a part meets the requirements of its kind."""

from __future__ import annotations

import textwrap
from pathlib import Path

import typer

from textclf.cli.output import LINE, print_json, print_line
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

    Prints the result of each check; an error in the part's code ends the checks. Exit status: 0 all
    checks pass, 1 a check fails, 2 there is no such part.

    Examples:  textclf check-part pooling attention

    textclf check-part pooling mine --plugin mine.py
    """
    from textclf.conformance.kinds import check_part

    findings = list(check_part(kind, name))
    if as_json:
        checks = [
            {"check": finding.check, "ok": finding.reason is None, "reason": finding.reason} for finding in findings
        ]
        print_json({"kind": kind, "name": name, "checks": checks})
    else:
        for finding in findings:
            failed = finding.reason is not None
            line = f"WRONG  {finding.check} {finding.reason}" if failed else f"ok     {finding.check}"
            for part in textwrap.wrap(line, LINE, subsequent_indent=" " * 7, break_on_hyphens=False):
                print_line(part)
    if any(finding.reason is not None for finding in findings):
        raise typer.Exit(1)
