"""Figures: labels near their points, scales within their bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from helpers.made_results import made_results
from helpers.rows import TESTED, predicted, row, write_run

from textclf.report import write_report
from textclf.report.figures import FONT, HEIGHT, WIDTH, label_places
from textclf.results.store import Store


@pytest.mark.parametrize("seed", range(20))
def test_labels_cover_neither_points_nor_each_other(seed: int) -> None:
    generator = np.random.default_rng(seed)
    xs, ys = generator.uniform(10, WIDTH - 10, 11), generator.uniform(10, HEIGHT - 10, 11)
    xs[1:4], ys[1:4] = xs[0], ys[0] + [1, 2, 3]  # four models that are almost equal
    names = [f"{'lstm-attention'[: 4 + number]}" for number in range(11)]
    places = label_places(list(xs), list(ys), names)
    halves = [(len(name) * FONT * 0.25, FONT * 0.45) for name in names]
    assert None not in places
    placed = [place for place in places if place is not None]
    for number, ((x, y), (wide, high)) in enumerate(zip(placed, halves, strict=True)):
        assert abs(x - xs[number]) - wide < 40
        assert abs(y - ys[number]) < HEIGHT / 2
        assert not (np.all(np.abs([xs - x, ys - y]) < [[wide + 4], [high + 4]], axis=0)).any(), "a point is covered"
        for (other_x, other_y), (other_wide, other_high) in zip(placed[:number], halves[:number], strict=True):
            assert abs(x - other_x) > wide + other_wide or abs(y - other_y) > high + other_high


LONG = "transformer-self_attention-max_attention"


@pytest.mark.parametrize("seed", range(20))
def test_long_labels_are_whole_and_apart_or_left_out(seed: int) -> None:
    generator = np.random.default_rng(seed)
    xs, ys = generator.uniform(0, WIDTH, 14), generator.uniform(0, HEIGHT, 14)
    ys[:6] = ys[0]  # six models with the same score
    placed = [place for place in label_places(list(xs), list(ys), [LONG] * 14) if place is not None]
    assert len(placed) >= 9
    half = len(LONG) * FONT * 0.25
    for number, (x, y) in enumerate(placed):
        assert half <= x <= WIDTH - half
        assert not any(abs(x - other) < 2 * half and abs(y - high) < FONT * 0.9 for other, high in placed[:number])
        assert not (np.all(np.abs([xs - x, ys - y]) < [[half + 4], [FONT * 0.45 + 4]], axis=0)).any()


def test_a_label_without_room_is_left_out() -> None:
    assert label_places([160.0], [130.0], [LONG * 3]) == [None]
    assert label_places([160.0], [130.0], [LONG]) == [(160.0, 143.0)]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return made_results(tmp_path)


def keep_rows(results: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    lines = (results / "runs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (results / "runs.jsonl").write_text("".join(line for line in lines if keep(json.loads(line))), encoding="utf-8")


def test_with_many_models_a_figure_labels_only_the_best(results: Path) -> None:
    keep_rows(results, lambda row: False)
    for number in range(15):
        parameters = {"total": 5000, "embedding": 0, "encoder": 1000 * (1 + number), "classifier": 0}
        made = row(f"model{number:02}", "many", 1, None, (25 + number // 2) / TESTED, parameters=parameters)
        write_run(results, made, predicted(25 + number // 2))
    assert "figures/score-speed.svg" not in write_report(results).read_text(encoding="utf-8"), "no speeds were measured"
    names = {
        name: set(re.findall(r">(model\d\d)<", (results / f"figures/{name}.svg").read_text(encoding="utf-8")))
        for name in ("score", "score-parameters")
    }
    assert names["score-parameters"] == {"model14"}
    assert len(names["score"]) == 15


def texts_of(path: Path) -> str:
    return "\n".join(ElementTree.parse(path).getroot().itertext())


def test_figures_show_long_names_whole_and_break_long_notes_into_lines(tmp_path: Path) -> None:
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for number in range(20):
            right = 8 if number < 6 else 30 + number % 8
            store.append(row(f"{LONG}-{number}", "d", 1, None, right / TESTED), predicted(right))
    write_report(tmp_path)
    score, parameters = (texts_of(tmp_path / f"figures/{name}.svg") for name in ("score", "score-parameters"))
    assert all(f"\n{LONG}-{number}\n" in score for number in range(6, 20))
    for shown in (score, parameters):
        (start,) = [at for at, line in enumerate(shown.splitlines()) if line.startswith("not drawn:")]
        note = " ".join(shown.splitlines()[start : start + 6])
        assert all(f"{LONG}-{number} 20.0" in note for number in range(6))
    assert max(map(len, score.splitlines())) <= 100


def test_a_figure_says_that_labels_are_left_out(tmp_path: Path) -> None:
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for name in ("short", LONG * 2):
            store.append(row(name, "d", 1, None, 0.75), predicted(30))
    write_report(tmp_path)
    shown = texts_of(tmp_path / "figures/score-parameters.svg")
    assert "a model without room for its label has none" in shown
    assert "short" in shown
    assert LONG not in shown


def test_figures_stay_within_0_and_100_percent(tmp_path: Path) -> None:
    """Two runs of 60 and 100 %: their t interval goes from -174 to 334 %."""
    with Store(tmp_path, tmp_path / "made.yaml") as store:
        for seed, right in ((1, 24), (2, TESTED)):
            probability = np.where(np.arange(TESTED) < right, 0.9, 0.2)
            frame = pd.DataFrame({"id": range(TESTED), "label": "b", "p_a": 1 - probability, "p_b": probability})
            store.append(row("cnn", "d", seed, None, right / TESTED), frame)
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "80.00 ± 254.12" in page, "the page does not cut intervals"
    assert "An interval (±) from two runs is unreliable" in page
    for name in ("score", "score-parameters"):
        texts = ElementTree.parse(tmp_path / f"figures/{name}.svg").getroot().itertext()
        ticks = [float(text) for text in texts if text.replace(".", "").replace("−", "").isdigit()]
        assert all(0 <= tick <= 100 for tick in ticks if tick != 1.234)
