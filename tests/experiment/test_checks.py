"""Before the first run: where a problem is, and ``--dry-run``, which lists the models of a file."""

from __future__ import annotations

from pathlib import Path

from helpers.commands import Cli

MODELS = "models: [{encoder: none}, {encoder: cnn}, {encoder: majority}]"


def put(reviews: Path, text: str) -> Path:
    path = reviews.parent / "grid.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(cli: Cli, reviews: Path, text: str) -> str:
    done = cli("experiment", put(reviews, text))
    assert (done.returncode, done.stdout) == (2, "")
    assert not (reviews.parent / "results").exists()
    return str(done.stderr)


def test_a_problem_of_all_models_with_the_data_names_the_dataset(cli: Cli, reviews: Path) -> None:
    error = refused(
        cli, reviews, f"datasets: [tweets, reviews.csv]\nseeds: [1, 2]\n{MODELS}\nshared: {{select_by: mrr}}"
    )
    for name in ("tweets", "reviews.csv"):
        assert error.count(f"{name}: select_by: mrr ranks the rows of each group") == 1
    assert error.count("select_by") == 2
    assert "cnn" not in error


def test_the_label_of_the_dataset_is_shown(cli: Cli, reviews: Path) -> None:
    error = refused(cli, reviews, f"datasets: [{{name: reviews.csv, label: R, folds: 900}}]\n{MODELS}")
    assert error.startswith("textclf: R: folds: 900, but reviews has 80 rows"), error


def test_a_problem_of_one_model_with_the_data_names_the_model(cli: Cli, reviews: Path) -> None:
    models = MODELS.replace("cnn}", "cnn, select_by: mrr}")
    error = refused(cli, reviews, f"datasets: [reviews.csv]\n{models}")
    assert error.startswith("textclf: cnn: select_by: mrr ranks the rows of each group")


def test_a_dry_run_lists_the_models_and_writes_nothing(cli: Cli, reviews: Path) -> None:
    text = """
datasets: [{name: reviews.csv, label: R}, {name: tweets, max_tokens: 8, seeds: [1]}, {name: tweets}]
seeds: [1, 2]
models: [{encoder: lstm, cross: {hidden_dim: [8, 16]}}, {encoder: majority}]
"""
    path = put(reviews, text)
    done = cli("experiment", path, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "R:",
        "  lstm-hidden_dim=8   2 runs",
        "  lstm-hidden_dim=16  2 runs",
        "  majority            1 run",
        "tweets, max tokens 8:",
        "  lstm-hidden_dim=8   1 run",
        "  lstm-hidden_dim=16  1 run",
        "  majority            1 run",
        "tweets:",
        "  lstm-hidden_dim=8   2 runs",
        "  lstm-hidden_dim=16  2 runs",
        "  majority            1 run",
        "3 datasets, 3 models, 13 runs",
    ]
    assert sorted(entry.name for entry in reviews.parent.iterdir()) == ["grid.yaml", "reviews.csv"]


def test_a_dry_run_refuses_a_wrong_file(cli: Cli, reviews: Path) -> None:
    done = cli("experiment", put(reviews, "datasets: [tweets]\nmodels: [{encoder: lstn}]"), "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'did you mean "lstm"?' in done.stderr
