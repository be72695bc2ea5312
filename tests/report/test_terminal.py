"""Tables in a terminal, and names with hostile characters in every format."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers.made_results import append, made_results
from helpers.rows import TESTED, predicted, row

from textclf.report import print_summary, write_report
from textclf.results.store import Store


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return made_results(tmp_path)


def test_the_terminal_shows_models_and_scores_in_80_columns(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(results)
    output = capsys.readouterr().out
    assert "lstm-max" in output
    assert "92.50 ± 6.21" in output
    assert all(len(line) <= 80 for line in output.splitlines())


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (80, ["accuracy", "macro-F1", "vs best", "encoder", "text/s"]),
        (60, ["accuracy", "macro-F1", "vs best", "encoder"]),
        (50, ["accuracy", "macro-F1", "vs best"]),
        (40, ["accuracy", "vs best"]),
        (20, ["accuracy"]),
    ],
)
def test_a_narrow_terminal_has_fewer_columns_and_whole_names(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, columns: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_summary(results)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines)
    header = next(line for line in lines if "accuracy" in line)
    assert header.split() == " ".join(["model", *columns]).split()
    if width > 20:
        assert any(line.startswith("lstm-max ") for line in lines)


@pytest.mark.parametrize("width", ["0", "1", "19"])
def test_a_terminal_without_width_is_treated_as_a_narrow_one(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    shown = []
    for columns in ("20", width):
        monkeypatch.setenv("COLUMNS", columns)
        print_summary(results)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "accuracy" in shown[0]


HOSTILE = "[/red] a|b <b>x</b> `c` 😀 :smile:"


def test_names_are_text_in_terminal_markdown_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, error = "d\x1b[31m|<i>\nx", "[/x] \x1b[2J"
    frame = predicted(TESTED)
    (tmp_path / "made.yaml").write_text("# <script>x</script>\n# - \u202e | *y*\nmodels: []\n", encoding="utf-8")
    with Store(tmp_path / "out", tmp_path / "made.yaml") as store:
        store.write_plan([])
        for number, name in enumerate([HOSTILE, "😀" * 100, "\x07\x1b"]):
            store.append(row(name, data, 1, None, 1.0, fingerprint=str(number)), frame)
        store.append(row(HOSTILE, data, 2, None, 0.0, status="failed", error=error, fingerprint="g"))
    print_summary(tmp_path / "out")
    output = capsys.readouterr().out
    page = write_report(tmp_path / "out").read_text(encoding="utf-8")
    figure = (tmp_path / "out/figures/score.svg").read_text(encoding="utf-8")
    for shown in (output, page, figure):
        assert not set("\x1b\x07\u202e") & set(shown)
    assert r"d\x1b[31m|<i>\nx" in output
    assert "[/red] a|b" in output
    assert ":smile:" in output
    assert r"| \[/red\] a\|b \<b\>x\</b\> \`c\` 😀 :smile: |" in page
    assert r"- d\\x1b\[31m\|\<i\>\\nx, \[/red\] a\|b" in page
    assert "\\<script\\>x\\</script\\>\n\\- " in page
    assert ElementTree.fromstring(figure) is not None
    assert HOSTILE in "".join(ElementTree.fromstring(figure).itertext())


def test_long_names_are_broken_after_hyphens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed in (1, 2, 3):
            for name in ("lstm-attention-scaled_dot-softmax", "a" * 30):
                store.append(row(name, "d", seed, None, 1.0), predicted(TESTED))
    print_summary(tmp_path)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith("lstm-attention-  "))
    assert lines[start + 1].split()[0] == "scaled_dot-softmax"
    folded = [line.split()[0] for line in lines if line.startswith("aa")]
    assert "".join(folded) == "a" * 30, "a name without a hyphen is broken at the width"


def test_a_column_without_numbers_is_not_shown(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "speed.jsonl").unlink()
    print_summary(results)
    output = capsys.readouterr().out
    assert "text/s" not in output
    assert "; encoder: parameters of the encoder An interval" in " ".join(output.split())


def test_warnings_are_reported_with_the_number_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed in (1, 2, 3):
            append(store, "cnn", "d", seed, None)
            frame = predicted(TESTED)
            warnings = ["predicts one class only"] if seed < 3 else []
            store.append(row("gru", "d", seed, None, 1.0, warnings=["predicts one class only"]), frame)
            store.append(row("lstm_x", "d", seed, None, 1.0, warnings=warnings), frame)
        store.append(row("tfidf", "d", 1, None, 1.0, warnings=["predicts one class only", "other"]), frame)
    print_summary(tmp_path)
    expected = [
        "Warning: predicts one class only: gru (3 of 3 runs), lstm_x (2 of 3 runs), tfidf (1 of 1 run).",
        "Warning: other: tfidf (1 of 1 run).",
    ]
    output = capsys.readouterr().out
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if "Warning" in line] == expected
    assert all(line in " ".join(output.split()) for line in expected)
