"""Results folders: the user's files stay, rows are kept, and the page shows the runs of the experiment file."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from helpers.commands import FAST, Cli, grid, page, passed, refused

from textclf.results.marker import command, read_marker


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A folder with files of the user that have the names of a report's files."""
    folder = tmp_path / "thesis"
    for name in ("README.md", "experiment.yaml", "figures/mine.svg", "predictions/mine.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine", encoding="utf-8")
    return folder


@pytest.fixture
def results(cli: Cli, tmp_path: Path, reviews: Path) -> Path:
    """The results of two baselines."""
    passed(cli, "experiment", grid(tmp_path, [str(reviews)], "[{encoder: majority}, {encoder: tfidf}]"), *FAST)
    return tmp_path / "results/grid"


def test_datasets_with_the_same_name_are_refused_unless_one_has_a_label(
    cli: Cli, tmp_path: Path, reviews: Path
) -> None:
    for name in ("da", "db"):
        (tmp_path / name).mkdir()
        shutil.copy(reviews, tmp_path / name)
    message = refused(cli, tmp_path, "experiment", grid(tmp_path, ["da/reviews.csv", "db/reviews.csv"]))
    assert all(part in message for part in ("da/reviews.csv", "db/reviews.csv", '"reviews"', "label: ")), message
    file = grid(tmp_path, "[da/reviews.csv, {name: db/reviews.csv, label: newer reviews}]")
    message = passed(cli, "experiment", file, *FAST)
    assert "newer reviews majority seed 1" in message
    assert [line for line in page(tmp_path / "results/grid").splitlines() if line.startswith("## ")][:2] == [
        "## reviews",
        "## newer reviews",
    ]
    message = refused(cli, tmp_path, "experiment", grid(tmp_path, "[{name: da/reviews.csv, label: 3}]"))
    assert "datasets[0].label" in message


def test_a_dataset_with_two_settings_has_two_tables(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    file = grid(tmp_path, f"[{{name: {reviews}, max_tokens: 2}}, {{name: {reviews}, max_tokens: 3}}]")
    passed(cli, "experiment", file, *FAST)
    titles = [line for line in page(tmp_path / "results/grid").splitlines() if line.startswith("## reviews")]
    assert titles == ["## reviews, max tokens 2", "## reviews, max tokens 3"]


def test_seeds_and_conditions_keep_the_name_of_a_dataset(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    entries = [f"{{name: {reviews}, condition: short, max_tokens: 2}}", f"{{name: {reviews}, seeds: [2]}}"]
    passed(cli, "experiment", grid(tmp_path, f"[{', '.join(entries)}]"), *FAST)
    titles = [line for line in page(tmp_path / "results/grid").splitlines() if line.startswith("## reviews")]
    assert titles == ["## reviews, short", "## reviews"]


def test_another_file_of_the_same_name_does_not_share_the_folder(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    first = grid(tmp_path, [str(reviews)], name="one/grid.yaml")
    second = grid(tmp_path, [str(reviews)], "[{encoder: tfidf}]", name="two/grid.yaml")
    passed(cli, "experiment", first, *FAST)
    for fresh in ((), ("--fresh",)):
        message = refused(cli, tmp_path, "experiment", second, *fresh)
        assert all(part in message for part in ("results/grid", "one/grid.yaml", "two/grid.yaml", "--out")), message
    passed(cli, "experiment", second, *FAST, "--out", "results/second")
    first.rename(tmp_path / "two/moved.yaml")
    message = passed(cli, "experiment", tmp_path / "two/moved.yaml", *FAST, "--out", "results/grid")
    assert "nothing left to run" in message, "a moved file resumes"
    assert "`textclf experiment two/moved.yaml --out results/grid`" in page(tmp_path / "results/grid")


def test_a_folder_without_a_marker_is_not_written_to(cli: Cli, tmp_path: Path, reviews: Path, users: Path) -> None:
    file = grid(tmp_path, [str(reviews)])
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(users)
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    reasons = {
        "": "empty",
        " ": "empty",
        "/": "not empty",
        ".": "not empty",
        "thesis": "not empty",
        "link": "not empty",
        "file": "cannot be written",
        "nowhere": "cannot be written",
        "n" * 300: "cannot be written",
    }
    for out, reason in reasons.items():
        for fresh in ((), ("--fresh",)):
            message = refused(cli, tmp_path, "experiment", file, "--out", out, *fresh)
            assert len(message.splitlines()) == 1
            assert reason in message
            assert "--out" in message
        assert reason in refused(cli, tmp_path, "bench", "overhead", "--out", out)
    before = set(os.listdir("/"))
    assert not {"README.md", ".lock", "textclf.json"} & before
    message = refused(cli, tmp_path, "experiment", file, "--out", "/proc/results")
    assert "/proc/results: cannot be written" in message


def test_a_tilde_as_out_is_the_home_folder(
    cli: Cli, tmp_path: Path, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    file = grid(tmp_path, [str(reviews)])
    passed(cli, "experiment", file, *FAST, "--out", "~")
    assert (tmp_path / "home/predictions.parquet").exists()
    assert not (tmp_path / "~").exists()
    passed(cli, "experiment", file, *FAST, "--out", "./~")
    assert (tmp_path / "~/predictions.parquet").exists(), "a folder with the name ~"


def test_a_report_of_a_file_is_refused(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    assert "reviews.csv: is a file, not a folder of results" in refused(cli, tmp_path, "report", reviews)


def test_an_experiment_file_that_is_a_folder_is_refused(cli: Cli, tmp_path: Path) -> None:
    assert refused(cli, tmp_path, "experiment", ".").startswith("textclf: .: not a file; experiments are YAML files")


def test_one_problem_of_many_models_is_reported_once(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    file = grid(
        tmp_path, f"[{{name: {reviews}, folds: 81}}]", "[{encoder: majority}, {encoder: tfidf}, {encoder: cnn}]"
    )
    assert refused(cli, tmp_path, "experiment", file).endswith(
        "reviews.csv: folds: 81, but reviews has 80 rows; choose fewer folds\n"
    )


def test_the_only_model_is_not_called_the_best(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    passed(cli, "experiment", grid(tmp_path, [str(reviews)]), *FAST)
    assert "\n`majority` is the only model.\n" in page(tmp_path / "results/grid")
    assert "is best" not in page(tmp_path / "results/grid")


def test_a_benchmark_of_a_gpu_is_refused_without_a_gpu(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert 'section "gpu": there is no GPU here' in refused(cli, tmp_path, "bench", "gpu", "--out", "bench")


def test_an_empty_folder_becomes_a_results_folder(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/.lock").touch()  # as left by a command that was killed at once
    passed(cli, "experiment", grid(tmp_path, [str(reviews)]), *FAST, "--out", "empty")
    marker = json.loads((tmp_path / "empty/textclf.json").read_text(encoding="utf-8"))
    assert marker == {"textclf": "experiment", "schema_version": 1, "experiment": "../grid.yaml"}


def test_fresh_keeps_the_users_files(cli: Cli, tmp_path: Path, reviews: Path, results: Path) -> None:
    (results / "predictions").mkdir()
    for name in ("notes.txt", "figures/photo.png", "predictions/notes.txt"):
        (results / name).write_text("mine", encoding="utf-8")
    message = passed(cli, "experiment", grid(tmp_path, [str(reviews)]), *FAST, "--fresh")
    assert "\n1 run, 1 of them now, 0 failed" in message
    assert list(results.rglob("*.parquet")) == [results / "predictions.parquet"]
    for name in ("notes.txt", "figures/photo.png", "predictions/notes.txt"):
        assert (results / name).read_text(encoding="utf-8") == "mine"


def test_a_report_is_written_only_to_a_folder_with_a_marker(
    cli: Cli, tmp_path: Path, users: Path, results: Path
) -> None:
    for name in ("runs.jsonl", "planned.jsonl"):
        shutil.copy(results / name, users)
    message = refused(cli, tmp_path, "report", users)
    assert "textclf.json" in message
    (users / "bench.jsonl").touch()
    assert "no records" in refused(cli, tmp_path, "report", users)
    (results / "textclf.json").write_text("{", encoding="utf-8")
    for arguments in (("report", results), ("experiment", tmp_path / "grid.yaml")):
        message = refused(cli, tmp_path, *arguments)
        assert "textclf.json: cannot be read (damaged" in message
        assert len(message.splitlines()) == 1


def test_results_of_another_command_are_not_overwritten(cli: Cli, tmp_path: Path, results: Path) -> None:
    message = refused(cli, tmp_path, "bench", "overhead", "--out", results)
    assert "holds the results of textclf experiment" in message


def test_the_report_shows_the_runs_of_an_edited_file(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    none = "{{encoder: none, hidden_dim: 4, embedding_dim: 4, epochs: {}, name: {}}}"

    def report(*models: str) -> str:
        message = passed(cli, "experiment", grid(tmp_path, [str(reviews)], f"[{', '.join(models)}]"), *FAST)
        assert "0 failed" in message
        return message

    folder = tmp_path / "results/grid"
    report(none.format(1, "former"), "{encoder: tfidf}")
    first = page(folder)
    assert "`epochs` | 1 |" in first
    report(none.format(2, "former"))
    assert "`epochs` | 2 |" in page(folder)
    assert "tfidf" not in page(folder)
    assert "- runs: 1 done, 0 failed" in page(folder)
    assert "nothing left to run" in report(none.format(2, "bag"))
    assert "| bag |" in page(folder)
    assert "former" not in page(folder), "a model has the name that the file gives it now"
    assert "nothing left to run" in report(none.format(1, "former"), "{encoder: tfidf}"), "rows are kept"
    assert page(folder) == first


def test_runs_that_are_not_done_yet_are_counted(cli: Cli, tmp_path: Path, results: Path) -> None:
    lines = (results / "runs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert "runs done" not in page(results)
    (results / "runs.jsonl").write_text(lines[0], encoding="utf-8")
    done = cli("report", results)
    assert done.returncode == 0
    assert "1 of 2 runs done" in done.stdout
    assert "\n1 of 2 runs done; `textclf experiment grid.yaml` runs the others.\n" in page(results)


def test_the_page_names_the_files_real_path(cli: Cli, tmp_path: Path, reviews: Path) -> None:
    file = grid(tmp_path, [str(reviews)], name="my trials/grid.yaml")
    passed(cli, "experiment", file, *FAST)
    passed(cli, "experiment", file, *FAST, "--out", "elsewhere/again")
    assert "- reproduce: `textclf experiment 'my trials/grid.yaml'`\n" in page(tmp_path / "results/grid")
    again = page(tmp_path / "elsewhere/again")
    assert "- reproduce: `textclf experiment 'my trials/grid.yaml' --out elsewhere/again`\n" in again
    assert "rows of `my trials/grid.yaml`;" in again


def test_recorded_results_name_their_experiment_file() -> None:
    recorded = Path(__file__).parents[2] / "results"
    folders = [folder for folder in recorded.iterdir() if (folder / "runs.jsonl").exists()]
    assert len(folders) >= 6
    for folder in folders:
        file = f"experiments/{folder.name}.yaml"
        assert command(folder) == (file, f"textclf experiment {file}")
        assert (recorded.parent / file).exists()
    assert read_marker(recorded / "bench").textclf == "bench"


def test_speeds_are_measured_unless_no_speeds_is_set(cli: Cli, tmp_path: Path, results: Path) -> None:
    assert (results / "speed.jsonl").read_bytes() == b""
    assert "score-speed" not in page(results)
    passed(cli, "experiment", tmp_path / "grid.yaml", "--jobs", "2")
    assert len((results / "speed.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert (results / "figures/score-speed.svg").exists()
    passed(cli, "experiment", tmp_path / "grid.yaml", *FAST, "--fresh")
    assert not (results / "figures/score-speed.svg").exists()
