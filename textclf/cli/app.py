"""The command-line application with all its commands."""

from __future__ import annotations

import typer

from textclf import __version__
from textclf.cli.bench import BenchCommand, bench
from textclf.cli.check_part import check_part
from textclf.cli.doctor import doctor
from textclf.cli.experiment import experiment
from textclf.cli.list_parts import list_parts
from textclf.cli.predict import predict
from textclf.cli.report import ReportCommand, report
from textclf.cli.run import run

app = typer.Typer(
    name="textclf",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(epilog="--debug after any command shows the traceback of an error.")
def options(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_show_version, is_eager=True),
) -> None:
    """Which way of turning words into one vector classifies best, at what cost, and how sure are we?"""


app.command("list")(list_parts)
app.command("run")(run)
app.command("experiment")(experiment)
app.command("report", cls=ReportCommand)(report)
app.command("predict")(predict)
app.command("check-part")(check_part)
app.command("bench", cls=BenchCommand)(bench)
app.command("doctor")(doctor)
