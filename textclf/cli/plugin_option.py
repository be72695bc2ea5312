"""The option ``--plugin``: each file is loaded before the command starts."""

from __future__ import annotations

from pathlib import Path

import typer

from textclf.paths import user_path


def _load(files: list[Path]) -> list[Path]:
    if files:
        from textclf.plugins import load_plugin

        for file in files:
            load_plugin(file)
    return files


PLUGIN = typer.Option(
    [],
    "--plugin",
    metavar="FILE",
    parser=user_path,
    callback=_load,
    help="A Python file that registers your own parts; it is executed. Repeatable.",
)
