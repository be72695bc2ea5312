"""The progress display: a live line on a terminal, plain lines elsewhere, escaped names."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from textclf.config import RunConfig
from textclf.experiment import busy as busy_module
from textclf.experiment import progress as progress_module
from textclf.experiment.busy import busy
from textclf.experiment.progress import ExperimentProgress
from textclf.experiment.spec import Run

NAME = "[/red] a|b \x1b[2J :smile:"
SHOWN = r"[/red] a|b \x1b[2J :smile:"


def run(label: str) -> Run:
    return Run(RunConfig.parse({"encoder": "tfidf", "dataset": "two words.csv"}), label)


def screen(monkeypatch: pytest.MonkeyPatch, width: int, terminal: bool) -> io.StringIO:
    """Return a buffer for the text on standard error, which is a terminal or not, without colours."""
    written = io.StringIO()
    for module in (busy_module, progress_module):
        monkeypatch.setattr(
            module,
            "Console",
            lambda stderr: Console(file=written, width=width, force_terminal=terminal, color_system=None),
        )
    return written


def test_plain_lines_hold_names_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    written = screen(monkeypatch, 80, terminal=False)
    with ExperimentProgress(planned=2, done=1) as progress:
        progress.start(run(NAME))
        progress.end(progress.running[0], "accuracy 50.00\nin 0:01")
    expected = f"[2/2] two words.csv {SHOWN} seed 0: accuracy 50.00\\nin 0:01 | 0:00 left\n"
    assert written.getvalue() == expected


@pytest.mark.parametrize("width", [80, 40])
def test_a_terminal_shows_the_run_in_one_line_with_room_for_the_echo_of_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    written = screen(monkeypatch, width, terminal=True)
    with ExperimentProgress(planned=124, done=0) as progress:
        assert "0/124" in written.getvalue(), "before a run has started"
        progress.start(run("模" * 100))
        progress.live.refresh()
    lines = [line for line in written.getvalue().replace("\r", "\n").split("\n") if "模" in line or "two" in line]
    assert lines
    assert all("0/124 0:00:00 two" in line for line in lines)
    assert all(Console().measure(line).maximum <= width - 2 for line in lines)


@pytest.mark.parametrize("terminal", [True, False])
def test_lines_fit_the_width_of_a_terminal_and_are_complete_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    written = screen(monkeypatch, 80, terminal)
    message = "accuracy 50.00 in 0:01" + "; predicts one class only" * 6
    with ExperimentProgress(planned=2, done=1) as progress:
        progress.start(run("lstm-max"))
        progress.end(progress.running[0], message)
    lines = re.sub(r"\x1b\[\S*?[A-Za-z]", "", written.getvalue()).replace("\r", "\n").split("\n")
    assert (max(map(cell_len, lines)) <= 80) == terminal
    assert message in " ".join(written.getvalue().split())


def test_busy_is_shown_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    written = screen(monkeypatch, 80, terminal=True)
    with busy("starting [/red]\x07"):
        assert r"starting [/red]\x07 0:00:00" in written.getvalue()
    written = screen(monkeypatch, 80, terminal=False)
    with busy("starting"):
        pass
    assert written.getvalue() == ""
