"""Experiment files: the runs that they describe, and every problem with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from textclf.errors import ConfigurationError
from textclf.experiment.spec import Experiment, read_experiment


def read(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return read_experiment(path)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return [str(problem).removeprefix(f"{tmp_path / 'example.yaml'}: ") for problem in caught.value.problems]


GRID = """# experiments/example.yaml: which is best?
datasets: [{name: mr, folds: 3, seeds: [7]}, {name: trec, max_tokens: 64, epochs: 2}]
seeds: [1, 2]
shared: {epochs: 8, hidden_dim: 16, bidirectional: false}
models:
  - {encoder: lstm, pooling: last}
  - {encoder: lstm, pooling: attention, pooling.score: dot, name: dotted, hidden_dim: 32}
  - {encoder: tfidf}
"""


def test_a_grid_has_a_run_for_each_dataset_model_seed_and_fold(tmp_path: Path) -> None:
    experiment = read(tmp_path, GRID)
    assert experiment.name == "example"
    runs = [
        (run.config.settings.dataset, run.label, run.config.settings.seed, run.config.settings.fold)
        for run in experiment.runs
    ]
    assert sorted(map(str, runs)) == sorted(
        str(run)
        for run in [
            *(("mr", label, 7, fold) for label in ("lstm-last", "dotted", "tfidf") for fold in range(3)),
            *(("trec", label, seed, None) for label in ("lstm-last", "dotted") for seed in (1, 2)),
            ("trec", "tfidf", 1, None),
        ]
    )
    assert runs[-1][2] == 2, "seed by seed, so that early rows cover every model"


def test_a_shared_key_applies_to_models_that_take_it_unless_they_override_it(tmp_path: Path) -> None:
    flat = {run.label: run.config.flat() for run in read(tmp_path, GRID).runs if run.config.settings.dataset == "trec"}
    assert flat["lstm-last"]["bidirectional"] is False
    assert "bidirectional" not in flat["tfidf"]
    assert (flat["lstm-last"]["hidden_dim"], flat["dotted"]["hidden_dim"]) == (16, 32)
    assert flat["lstm-last"]["epochs"] == 2, "a dataset's own setting overrides the shared one"
    assert flat["dotted"]["pooling.score"] == "dot"


def test_every_problem_is_reported_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
datasets: [{name: mr, fold_count: 3}, {folds: 1, name: trec}]
seeds: [1]
shared: {epochs: -8, windoes: [2]}
models:
  - {encoder: lstm, poling: last}
  - {encoder: lstm, pooling: attention, pooling.score: dott}
  - {encoder: tfidf, pooling: max}
""",
    )
    places = {problem.partition(":")[0] for problem in found}
    assert {
        "datasets[0].fold_count",
        "datasets[1].folds",
        "shared.epochs",
        "shared.windoes",
        "models[0].poling",
        "models[1].pooling.score",
        "models[2].pooling",
    } <= places
    assert any(problem.endswith('did you mean "pooling"?') for problem in found)
    assert any(problem.endswith('did you mean "dot"?') for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nsedes: [1]", 'sedes: unknown key; did you mean "seeds"?'),
        ("models: [{encoder: lstm}]", "datasets: missing"),
        ("datasets: [mr]\nmodels: []", "models: "),
        ("datasets: [mr]\nmodels: [{pooling: max}]", "models[0]"),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: [one]", "seeds.0: "),
        ("datasets: [mr]\nmodels: [{encoder: lstm}, {encoder: lstm, dropout: 0.1}]", "give one of them a name"),
        ("datasets: [{name: mr, seeds: [-1]}]\nmodels: [{encoder: lstm}]", "datasets[0].seeds"),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: [1, 2, 1]", "seeds: 1: given twice; give each seed once"),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: []", "seeds: "),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: [true]", "seeds.0: expected a number, not True"),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: [99999999999999999999999]", "seeds.0: "),
        ("datasets: [{name: mr, seeds: [3, 3]}]\nmodels: [{encoder: lstm}]", "datasets[0].seeds: 3: given twice"),
        ("datasets: [mr]\nmodels: [{encoder: lstm}]\nseeds: [1]\nseeds: [2]", 'the key "seeds" is given twice'),
        (
            "datasets: [mr, mr]\nmodels: [{encoder: lstm}]",
            "datasets[1]: has the dataset, settings and condition of datasets[0]",
        ),
        (
            "datasets: [{name: mr}, {name: mr, max_tokens: 256}]\nmodels: [{encoder: lstm}]",
            "datasets[1]: has the dataset, settings and condition of datasets[0]",
        ),
        (
            "datasets: [{name: mr, folds: 3}, {name: mr, folds: 3, fold: 1}]\nmodels: [{encoder: tfidf}]",
            "datasets[1]: has the dataset, settings and condition of datasets[0]",
        ),
        (
            "datasets: [mr]\nmodels: [{encoder: lstm}, {encoder: lstm, layers: 1, name: b}]",
            'models[1]: "b" has the settings of "lstm" (models[0]); leave one out',
        ),
        (
            f"datasets: [{{name: mr, folds: 1000}}]\nmodels: [{{encoder: lstm}}]\nseeds: {list(range(101))}",
            "datasets: more than 100,000 runs with every seed, fold and model",
        ),
        ("datasets: [2024]\nmodels: [{encoder: lstm}]", "datasets.0: expected a name or keys, not 2024; quote a name"),
        ("datasets: [{name: 2024}]\nmodels: [{encoder: lstm}]", "datasets[0].name: expected words, not 2024"),
        ("datasets: [mr]\nmodels: [{encoder: [lstm]}]", "models[0].encoder: there is no \"['lstm']\""),
        ("datasets: [mr]\nmodels: [{encoder: lstm, pooling: [max]}]", "models[0].pooling: there is no pooling"),
        ("datasets: [mr]\nmodels: [{encoder: !!set {lstm}}]", "models[0].encoder: there is no"),
        ("datasets: [mr]\nmodels: [{encoder: lstm, dropout: .nan}]", "models[0].dropout: "),
        (
            "datasets: [mr]\nmodels: [{encoder: lstm, epochs: 1:30}]",
            "models[0].epochs: input should be a valid integer",
        ),
        ("just words", "expected the keys datasets, seeds, shared, models"),
        ("datasets: [mr]\nmodels: tfidf", "models: expected a list, not 'tfidf'"),
        ("datasets: [mr]\nmodels: [tfidf]", "models.0: expected keys with values, not 'tfidf'"),
        ("datasets: []\nmodels: [{encoder: tfidf}]", "datasets: expected at least one value, not []"),
        ("datasets: [mr]\nmodels: [{encoder: }]", "models[0].encoder: missing; known: abcnn"),
        ("datasets: [{path: mr}]\nmodels: [{encoder: tfidf}]", "condition, delimiter, device"),
        ("datasets: [{nmae: mr}]\nmodels: [{encoder: tfidf}]", 'datasets[0].nmae: unknown key; did you mean "name"?'),
        ("datasets: [{name: mr, fold: 1}]\nmodels: [{encoder: tfidf}]", "datasets[0].fold: 1, but folds is missing"),
        ("datasets: [{name: mr, fold: 1, folds: x}]\nmodels: [{encoder: tfidf}]", "datasets[0].folds: input"),
        ("datasets: [mr]\nmodels: [{encoder: lstm, pooling: {score: dot}}]", "models[0].pooling: keys inside"),
        (
            "datasets: [mr]\nmodels: [{encoder: lstm, pooling.part: max}]",
            "models[0].pooling.part: write pooling instead",
        ),
        ("datasets: [mr]\nmodels: [{encoder: lstm, .: dot}]", "models[0]..: expected a name before and after each dot"),
        ('datasets: [{name: mr, condition: "a\\nb"}]\nmodels: [{encoder: lstm}]', 'datasets[0].condition: "a\\nb"'),
        ('datasets: [{name: mr, condition: " "}]\nmodels: [{encoder: lstm}]', "datasets[0].condition: empty"),
        ('datasets: [mr]\nmodels: [{encoder: lstm, name: "a  b "}, {encoder: cnn, name: a b}]', 'is called "a b"'),
        (
            "datasets: [mr]\nmodels: [{encoder: cnn}]\ncontrasts: {cnn: [cnn]}",
            "contrasts.cnn: compares cnn with itself",
        ),
        (
            "datasets: [mr]\nmodels: [{encoder: cnn}, {encoder: gru}]\ncontrasts: {cnn: [gru, gru]}",
            "contrasts.cnn: lists gru twice",
        ),
        (
            "datasets: [mr]\nmodels: [{encoder: cnn}, {encoder: gru}]\ncontrasts: {cnn: [gruu]}",
            'contrasts.cnn: no model is called "gruu"; did you mean "gru"?',
        ),
        (
            "datasets: [mr]\nmodels: [{encoder: cnn}]\ncompare: {cnn: [gru]}",
            "compare: unknown key; known: contrasts, datasets, models, seeds, shared",
        ),
        (
            "datasets: [mr]\nmodels: [{encoder: lstm, vocabulary: vectors}]",
            "models[0].vocabulary: vectors keeps the words of a vector file",
        ),
    ],
)
def test_the_problem_is_reported(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize("place", ["shared", "datasets[0]", "models[0]"])
@pytest.mark.parametrize(("key", "value"), [("dataset", "trec"), ("seed", "4")])
def test_a_top_level_setting_is_refused_elsewhere(tmp_path: Path, key: str, value: str, place: str) -> None:
    text = {"shared": "{}", "datasets[0]": "{name: mr}", "models[0]": "{encoder: cnn}"}
    text[place] = text[place].replace("}", f", {key}: {value}}}").replace("{, ", "{")
    shared, dataset, model = text.values()
    found = problems(tmp_path, f"shared: {shared}\ndatasets: [{dataset}]\nmodels: [{model}]\n")
    assert [problem.partition(":")[0] for problem in found] == [f"{place}.{key}"]
    assert f"give it under {key}s" in found[0]


def test_a_problem_of_a_shared_option_is_found_under_shared(tmp_path: Path) -> None:
    models = "[{encoder: lstm, pooling: attention}, {encoder: lstm, pooling: attention, pooling.score: dott, name: b}]"
    assert problems(tmp_path, f"datasets: [mr]\nmodels: {models}\nshared: {{pooling.score: cosin}}") == [
        'shared.pooling.score: there is no score "cosin"; did you mean "cosine"?',
        'models[1].pooling.score: there is no score "dott"; did you mean "dot"?',
    ]


@pytest.mark.parametrize("models", ["{encoder: cnn, seeds: [4]}", "{encoder: cnn}\nshared: {seeds: [4]}"])
def test_seeds_of_a_model_are_refused_and_the_error_names_the_right_place(tmp_path: Path, models: str) -> None:
    (found,) = problems(tmp_path, f"datasets: [mr]\nmodels:\n- {models}\n")
    assert found.endswith(".seeds: not here; give it under datasets, or at the top of the file")


@pytest.mark.parametrize(
    "setting", ["folds: 3", "split_seed: 4", "test_rows: 5", "label_column: stars", "delimiter: x", "condition: long"]
)
def test_a_model_has_no_setting_that_decides_its_test_rows(tmp_path: Path, setting: str) -> None:
    key = setting.partition(":")[0]
    (found,) = problems(tmp_path, f"datasets: [mr]\nmodels: [{{encoder: cnn, {setting}}}, {{encoder: gru}}]\n")
    assert found == f"models[0].{key}: all models are tested on the same rows; give it under datasets or shared"
    read(tmp_path, f"datasets: [mr]\nmodels: [{{encoder: cnn}}]\nshared: {{{setting}}}\n")
    read(tmp_path, "datasets: [mr]\nmodels: [{encoder: cnn, train_rows: 90}, {encoder: gru, epochs: 2}]\n")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ('""', "empty"),
        ('"  "', "empty"),
        ('"a\\e[31mb"', r'"a\x1b[31mb" has control characters'),
        ('"two\\nlines"', r'"two\nlines" has control characters'),
        ("[a]", "expected a name"),
        ("null", "expected a name"),
        ("true", "expected a name"),
        ("x" * 101, "has 101 characters; at most 100"),
    ],
)
def test_a_name_unfit_for_tables_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (found,) = problems(tmp_path, f"datasets: [mr]\nmodels: [{{encoder: lstm, name: {name}}}]")
    assert found.startswith("models[0].name: ")
    assert problem in found


@pytest.mark.parametrize("name", ["[/red]", "a|b", "<b>x</b>", "模型 😀 שלום", "x" * 100, "5"])
def test_any_printable_name_is_accepted(tmp_path: Path, name: str) -> None:
    (run,) = read(tmp_path, f'datasets: [mr]\nmodels: [{{encoder: lstm, name: "{name}"}}]').runs
    assert run.label == name


@pytest.mark.parametrize("name", ['""', '"a\\x07"', "x" * 1001])
def test_the_name_of_a_dataset_is_checked(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f"datasets: [mr, {{name: {name}}}]\nmodels: [{{encoder: lstm}}]")
    assert found.startswith("datasets[1].name: ")


def test_invalid_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    found = problems(tmp_path, "datasets: [mr\nmodels: 3")
    assert "line 2" in found[0]
    assert "not YAML" in found[0]


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothere.yaml: no such file"):
        read_experiment(tmp_path / "nothere.yaml")


def test_a_dataset_with_other_settings_has_another_condition(tmp_path: Path) -> None:
    runs = read(
        tmp_path,
        """
datasets:
  - mr
  - {name: mr, max_tokens: 8, epochs: 3}
  - {name: mr, max_tokens: 16, epochs: 3, condition: long}
  - {name: mr, max_tokens: 32, epochs: 3, condition: long}
  - {name: mr, split_seed: 1}
models: [{encoder: lstm}]
""",
    ).runs
    conditions = [(run.config.settings.max_tokens, run.config.settings.condition) for run in runs]
    assert conditions == [
        (256, ""),
        (8, "max tokens 8, epochs 3"),
        (16, "long, max tokens 16"),
        (32, "long, max tokens 32"),
        (256, ""),
    ]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_experiments_of_this_repository_are_read(path: Path) -> None:
    assert read_experiment(path).runs
