"""The benchmark's page: how fast training and prediction are, and in which precision."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median

import altair as alt
import pandas as pd

from textclf.bench.records import Record, Sections, middle, ratio, share, spread
from textclf.report.figures import save_chart
from textclf.report.markdown_tables import markdown_table, plus_minus
from textclf.statistics.intervals import mean_interval

GOALS = {True: 5, False: 15}  # percent: `auto` of an encoder with an LSTM, and without, to the better precision


def training_table(sections: Sections) -> Iterable[str]:
    """Examples a second, ours and others', and how many times theirs ours are."""

    def beside(ours: Record, peer: Record | None) -> str:
        return "–" if peer is None else f"{spread(peer)} {ratio(ours, peer)}"

    rows = [
        [
            subject,
            spread(found["textclf"]),
            *(beside(found["textclf"], found.get(peer)) for peer in ("tutorial", "keras", "flair")),
            spread(found.get("textclf, whole runs")),
        ]
        for subject, found in sections.of("training").items()
    ]
    header = ["model", "textclf", "tutorial loop", "Keras", "Flair", "textclf, whole runs"]
    return markdown_table(header, rows)


def training_lines(sections: Sections, folder: Path) -> Iterable[str]:
    measured = sections.of("training")
    points = [
        {"model": subject, "who": who, "rate": middle(found[who])}
        for subject, found in measured.items()
        for who in ("textclf", "tutorial")
        if who in found
    ]
    yield from ["", "## Training, examples a second of the whole machine", ""]
    yield (
        "textclf: one run a core, each with one thread. The others: one run with a thread a core. Behind a peer's "
        "rate, how many times as many examples textclf trains. The last column counts all that belongs to a grid "
        "too: starting processes, reading data, validation, test predictions."
    )
    yield ""
    yield from training_table(sections)
    frame = pd.DataFrame(points)
    chart = (
        alt.Chart(frame, width=420, height=alt.Step(22))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=alt.X("rate:Q", scale=alt.Scale(type="log"), title="training examples a second (log scale)"),
            y=alt.Y("model:N", sort=list(measured), title=None, axis=alt.Axis(grid=True)),
            color=alt.Color("who:N", title=None, scale=alt.Scale(range=["#d95f02", "#4c78a8"])),
        )
    )
    save_chart(chart, folder / "figures/training.svg")
    yield from ["", "![Training examples a second, textclf and the tutorial loop](figures/training.svg)"]


def accuracy_lines(sections: Sections, folder: Path) -> Iterable[str]:
    yield from ["", "### Test accuracy of what was timed", ""]
    for subject, found in sections.of("accuracy").items():
        intervals = {who: mean_interval(record.values) for who, record in found.items()}
        epochs = next(iter(found.values())).detail["epochs"]
        said = ", ".join(f"{who} {plus_minus(interval)}" for who, interval in intervals.items())
        runs = len(next(iter(found.values())).values)
        yield f"{subject}, {epochs} epochs, {runs} seeds, in percent, ± half of the 95 % t interval: {said}."


def step_lines(sections: Sections, folder: Path) -> Iterable[str]:
    yield from ["", "## One training step, milliseconds a batch of 50 sentences, one core", ""]
    yield (
        "Bare encoder: word vectors, states, the text's vector, and back, in the same precision over the same "
        "batches, without dropout, classifier, loss, clipping and update. The share is what part of a step that "
        "arithmetic is."
    )
    yield ""
    rows = [
        [
            model,
            spread(found["training step"]),
            spread(found["bare encoder"]),
            share(found["bare encoder"], found["training step"]),
            spread(found.get("bare nn.LSTM")),
            share(found.get("bare nn.LSTM"), found["training step"]),
        ]
        for model, found in sections.of("step").items()
    ]
    yield from markdown_table(["model", "training step", "bare encoder", "share", "bare `nn.LSTM`", "share"], rows)


def precision_lines(sections: Sections, folder: Path) -> Iterable[str]:
    yield from ["", "## Precision of training, milliseconds of one core a batch", ""]
    measured = sections.of("precision")
    above = {model: _above_the_better(found) for model, found in measured.items()}
    yield (
        "A training step over 50 sentences, or over 32 documents of up to 400 words, in float32 and in bfloat16, and "
        "which of them `precision: auto` chooses here, after a measurement of its own. The last column is how much "
        "longer a step takes in it than in the better one."
    )
    yield ""
    rows = [
        [
            model,
            spread(found["float32"]),
            spread(found["bfloat16"]),
            found["float32"].detail["auto"],
            f"**{above[model]:.0f} %**",
        ]
        for model, found in measured.items()
    ]
    yield from markdown_table(["model", "float32", "bfloat16", "`auto`", "above the better one"], rows)
    said = []
    for has_lstm, kind in ((True, "with an LSTM"), (False, "without one")):
        of_kind = [above[model] for model, found in measured.items() if found["float32"].detail["lstm"] == has_lstm]
        said += [f"{kind} at most {max(of_kind):.0f} % (goal {GOALS[has_lstm]} %)"] if of_kind else []
    yield from ["", f"Above the better one: {', '.join(said)}."]


def _above_the_better(found: dict[str, Record]) -> float:
    """Percent by which a step in the precision that ``auto`` chooses takes longer than in the better one."""
    medians = {precision: median(record.values) for precision, record in found.items()}
    return 100 * (medians[found["float32"].detail["auto"]] / min(medians.values()) - 1)


def inference_lines(sections: Sections, folder: Path) -> Iterable[str]:
    yield from ["", "## Inference, texts a second", ""]
    yield (
        "From strings to probabilities in float32 on one core; the bare forward pass reads batches made before. "
        "Flair's `predict` has a thread a core."
    )
    yield ""
    rows = [
        [
            model,
            spread(found["textclf"]),
            spread(found["bare forward pass"]),
            share(found["textclf"], found["bare forward pass"]),
            spread(found.get("textclf, a thread a core")),
            spread(found.get("flair")),
            ratio(found.get("textclf, a thread a core"), found.get("flair")),
        ]
        for model, found in sections.of("inference").items()
    ]
    yield from markdown_table(
        ["model", "textclf", "bare forward pass", "share", "all cores", "Flair", "all cores / Flair"], rows
    )
    if any("textclf, bfloat16" in found for found in sections.of("inference").values()):
        yield from _bfloat16_lines(sections)


def _bfloat16_lines(sections: Sections) -> Iterable[str]:
    yield from ["", "### Prediction in bfloat16", ""]
    yield (
        "Texts a second on one core in either precision; then the test accuracy of the same trained models in either, "
        "their difference in points of a percent, ± half of its 95 % t interval over seeds, and how many texts get "
        "another label."
    )
    yield ""
    accuracy = sections.of("inference accuracy")
    rows = [
        [
            model,
            spread(found["textclf"]),
            spread(found["textclf, bfloat16"]),
            ratio(found["textclf, bfloat16"], found["textclf"]),
            *_effect(accuracy.get(model)),
        ]
        for model, found in sections.of("inference").items()
        if "textclf, bfloat16" in found
    ]
    header = ["float32", "bfloat16", "times", "accuracy, float32", "accuracy, bfloat16", "difference", "other labels"]
    yield from markdown_table(["model", *header], rows)
    for model, found in sections.of("inference").items():
        fastest = found.get("textclf, a thread a core, bfloat16")
        if fastest is not None:
            yield ""
            times = f"; {ratio(fastest, found['flair'])} Flair's" if "flair" in found else ""
            yield f"{model} in bfloat16 with a thread a core: {spread(fastest)} texts a second{times}."


def _effect(found: dict[str, Record] | None) -> list[str]:
    """What bfloat16 does to the accuracy of the same models."""
    if found is None:
        return ["–"] * 4
    float32, bfloat16 = (found[precision].values for precision in ("float32", "bfloat16"))
    differences = [rounded - exact for rounded, exact in zip(bfloat16, float32, strict=True)]
    means = [f"{100 * mean_interval(values).mean:.2f}" for values in (float32, bfloat16)]
    other = mean_interval(found["other labels"].values).mean
    return [*means, plus_minus(mean_interval(differences)), f"{100 * other:.2f} %"]
