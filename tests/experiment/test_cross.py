"""``cross`` in an experiment file: every combination once, with its label, and every problem with its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from textclf.config import RunConfig
from textclf.errors import ConfigurationError
from textclf.experiment.spec import Run, read_experiment

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def runs(tmp_path: Path, models: str, others: str = "") -> list[Run]:
    path = tmp_path / "grid.yaml"
    path.write_text(f"datasets: [mr]\nmodels: {models}\n{others}\n", encoding="utf-8")
    return read_experiment(path).runs


def labels(tmp_path: Path, models: str, others: str = "") -> list[str]:
    return [run.label for run in runs(tmp_path, models, others)]


def problems(tmp_path: Path, models: str, others: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        runs(tmp_path, models, others)
    return [str(replace(problem, where="")) for problem in caught.value.problems]


def test_every_combination_is_a_model_and_the_last_key_varies_fastest(tmp_path: Path) -> None:
    models = """
  - {encoder: cnn}
  - encoder: lstm
    pooling: attention
    cross: {pooling.score: [dot, additive], pooling.normaliser: [softmax, hard]}
  - {encoder: tfidf}"""
    assert labels(tmp_path, models) == [
        "cnn",
        "lstm-attention-dot-softmax",
        "lstm-attention-dot-hard",
        "lstm-attention-additive-softmax",
        "lstm-attention-additive-hard",
        "tfidf",
    ]


def test_a_crossed_run_equals_the_run_written_by_hand(tmp_path: Path) -> None:
    crossed = runs(tmp_path, "[{encoder: lstm, epochs: 2, cross: {hidden_dim: [8, 16], pooling: [max, last]}}]")
    by_hand = [
        RunConfig.parse({"dataset": "mr", "encoder": "lstm", "epochs": 2, "hidden_dim": dim, "pooling": pooling})
        for dim in (8, 16)
        for pooling in ("max", "last")
    ]
    assert [run.config.fingerprint("") for run in crossed] == [config.fingerprint("") for config in by_hand]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("encoder: lstm, name: X, cross: {pooling.score: [dot], pooling.normaliser: [hard]}", ["X-dot-hard"]),
        ("encoder: abcnn, name: X, cross: {variant: [1, 2]}", ["X-1", "X-2"]),
        ("cross: {encoder: [lstm, gru], pooling: [max]}", ["lstm-max", "gru-max"]),
        ("encoder: lstm, cross: {hidden_dim: [8, 16]}", ["lstm-hidden_dim=8", "lstm-hidden_dim=16"]),
        ("encoder: lstm, cross: {bidirectional: [true]}", ["lstm-bidirectional=true"]),
        ("encoder: lstm, name: X, cross: {patience: [null, 2], batching: [shuffled]}", None),
        ("encoder: cnn, cross: {windows: [[2], [3, 4]]}", ["cnn-windows=[2]", "cnn-windows=[3, 4]"]),
        ("encoder: abcnn, cross: {overlap_features: [false, true], variant: [2]}", ["abcnn-2", "abcnn-2-overlap"]),
        ("encoder: lstm, cross: {pooling: [null, max]}", ["lstm", "lstm-max"]),
    ],
)
def test_labels_show_the_crossed_values(tmp_path: Path, model: str, expected: list[str] | None) -> None:
    expected = expected or ["X-patience=null-shuffled", "X-patience=2-shuffled"]
    assert labels(tmp_path, f"[{{{model}}}]") == expected


def test_contrasts_and_shared_options_apply_to_crossed_models(tmp_path: Path) -> None:
    others = "shared: {bidirectional: false, windows: [2]}\ncontrasts: {lstm-max: [cnn-max]}"
    flats = [run.config.flat() for run in runs(tmp_path, "[{cross: {encoder: [lstm, cnn], pooling: [max]}}]", others)]
    assert (flats[0]["bidirectional"], flats[1]["windows"]) == (False, [2])
    assert "bidirectional" not in flats[1]


TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "cross: 3",
            "models[0].cross: expected keys with lists of values, such as {pooling.score: [dot, additive]}, not 3",
        ),
        ("cross: {}", "models[0].cross: expected keys with lists of values"),
        ("cross: {pooling: max}", "models[0].cross.pooling: expected a list of values, not 'max'"),
        ("cross: {pooling: []}", "models[0].cross.pooling: expected at least one value, not []"),
        ("cross: {pooling: [max, max]}", 'models[0].cross.pooling: "max": given twice; give each value once'),
        ("pooling: max, cross: {pooling: [max]}", "models[0].cross.pooling: also given outside cross; leave one out"),
        ("cross: {name: [a, b]}", "models[0].cross.name: not allowed under cross; leave it out"),
        ("cross: {pooling: [max, maxx]}", 'models[0].cross.pooling: there is no pooling "maxx"; did you mean "max"?'),
        ("cross: {pooling: {score: [dot]}}", "models[0].cross.pooling: keys inside a key; write each as pooling.KEY"),
        ("pooling: max, cross: {pooling: {score: [dot]}}", "models[0].cross.pooling: keys inside a key; write each as"),
        ("cross: {cross: {pooling: [max]}}", "models[0].cross.cross: not allowed under cross; leave it out"),
        ("cross: {name: x}", "models[0].cross.name: not allowed under cross; leave it out"),
        ("cross: {epohcs: [3]}", 'models[0].cross.epohcs: encoder "lstm" takes no such option; did you mean "epochs"?'),
        ("cross: {dropout: [2, 0.1]}", "models[0].cross.dropout: input should be less than or equal to 0.999, not 2"),
        ("cross: {pooling: [{a: 1}]}", "models[0].cross.pooling: keys inside a key; write each as pooling.KEY"),
        ("cross: {seed: [1, 2]}", "models[0].cross.seed: not here; give it under seeds, a list"),
        ("cross: {seeds: [1, 2]}", "models[0].cross.seeds: not here; give it under datasets, or at the top"),
        ("cross: {folds: [2, 3]}", "models[0].cross.folds: all models are tested on the same rows"),
        (
            "cross: {pooling: [null, attention]}",
            'models[0]: "lstm-attention" has the settings of "lstm" (models[0]); leave one out',
        ),
        ('cross: {device: ["a\\a"]}', r'models[0].cross: "lstm-a\x07" has control characters; remove them'),
        (
            f"cross: {{{', '.join(f'{key}: {TEN}' for key in ('epochs', 'layers', 'patience', 'batch_size'))}"
            f", hidden_dim: {TEN}, embedding_dim: [1, 2]}}",
            "models[0].cross: more than 100,000 runs; make several files of them",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_problem_under_cross_is_reported_with_its_place(tmp_path: Path, model: str, expected: str) -> None:
    (found,) = problems(tmp_path, f"[{{encoder: lstm, {model}}}]")
    assert found.startswith(expected)


def test_problems_of_several_models_and_keys_are_reported_together(tmp_path: Path) -> None:
    models = """
  - {encoder: lstm, pooling: attention, cross: {pooling.score: [dot, dott], pooling.normaliser: [hard, hrad]}}
  - {encoder: lstm, poling: max, cross: {hidden_dim: 3}}"""
    assert problems(tmp_path, models) == [
        "models[1].cross.hidden_dim: expected a list of values, not 3",
        'models[0].cross.pooling.normaliser: there is no normaliser "hrad"; did you mean "hard"?',
        'models[0].cross.pooling.score: there is no score "dott"; did you mean "dot"?',
        'models[1].poling: encoder "lstm" takes no such option; did you mean "pooling"?',
    ]


def test_two_models_with_the_same_label_are_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "[{encoder: lstm, cross: {pooling: [last, max]}}, {encoder: lstm, pooling: max}]")
    assert found == 'models[1]: is called "lstm-max", as models[0]; give one of them a name'


def test_the_attention_grid_has_every_score_with_every_normaliser() -> None:
    experiment = read_experiment(EXPERIMENTS / "attention-grid.yaml")
    expected = {
        f"lstm-attention-{score}-{normaliser}": _attention(score, normaliser)
        for score in ("additive", "dot", "scaled_dot", "bilinear", "cosine", "concat", "euclidean")
        for normaliser in ("softmax", "sparsemax", "entmax15", "hard", "local")
    }
    found = {run.label: run.config.fingerprint("") for run in experiment.runs if run.config.settings.seed == 1}
    assert len(experiment.runs) == 6 * 35
    assert found == expected


def _attention(score: str, normaliser: str) -> str:
    shared: dict[str, Any] = {
        "dataset": "mr",
        "vectors": "glove.6B.100d.subset.txt.gz",
        "vocabulary": "vectors",
        "max_tokens": 64,
        "epochs": 6,
        "patience": 2,
        "seed": 1,
    }
    chosen = {"encoder": "lstm", "pooling": "attention", "pooling.score": score, "pooling.normaliser": normaliser}
    return RunConfig.parse(shared | chosen).fingerprint("")


def test_the_pairs_experiment_crosses_the_variants_of_abcnn_with_overlap_features() -> None:
    found = {run.label for run in read_experiment(EXPERIMENTS / "pairs.yaml").runs if "abcnn" in run.label}
    assert found == {f"abcnn-{variant}{overlap}" for variant in range(4) for overlap in ("", "-overlap")}
