"""The README: its commands work, and its numbers equal the recorded results."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from textclf.bench.readme import with_results

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_numbers_equal_the_recorded_results() -> None:
    assert with_results(README, ROOT / "results") == README, "make readme inserts the recorded numbers"


def test_its_python_runs(tmp_path: Path) -> None:
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "good" in done.stdout


def test_its_python_for_results_runs() -> None:
    (code,) = blocks("py")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_its_commands_run(tmp_path: Path) -> None:
    (commands,) = [block for block in blocks("sh") if "textclf predict" in block]
    done = shell(commands, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    assert (tmp_path / "model/model.safetensors").exists()


def test_its_command_for_your_own_data_runs(tmp_path: Path) -> None:
    (command,) = [block for block in blocks("sh") if "reviews.csv" in block]
    rows = "".join(f"a {'good' if n % 2 else 'bad'} film {n},{1 + 4 * (n % 2)}\n" for n in range(60))
    (tmp_path / "reviews.csv").write_text("body,stars\n" + rows, encoding="utf-8")
    done = shell(command, tmp_path)
    assert done.returncode == 0, done.stderr


def test_its_experiment_is_the_example_in_the_repository() -> None:
    from textclf.experiment.spec import read_experiment

    (example,) = blocks("yaml")
    file = ROOT / "experiments/example.yaml"
    assert example == file.read_text(encoding="utf-8")
    assert len(read_experiment(file).runs) == 3 * 3 + 1 + 3 * 3 + 3


def test_its_links_to_files_are_valid() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_make_help_lists_every_target() -> None:
    done = shell("make help", ROOT)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {line.split()[0] for line in done.stdout.splitlines()} == targets


@pytest.mark.slow
def test_make_experiment_works_in_a_fresh_clone_and_resumes(tmp_path: Path) -> None:
    """Run `make experiment` twice, with a short experiment."""
    clone = tmp_path / "clone"
    assert shell(f"git clone -q {ROOT} {clone}", tmp_path).returncode == 0
    (clone / "experiments/quick.yaml").write_text(
        "# quick?\ndatasets: [{name: tweets, train_rows: 300, test_rows: 200}]\nseeds: [1]\n"
        "shared: {epochs: 1}\nmodels: [{encoder: none}, {encoder: tfidf}]\n",
        encoding="utf-8",
    )
    command = "make experiment EXPERIMENT=experiments/quick.yaml"
    first = shell(command, clone)
    assert first.returncode == 0, first.stderr
    assert (clone / "results/quick/README.md").exists()
    again = shell(command, clone)
    assert again.returncode == 0, again.stderr
    assert "pip install" not in again.stdout
    assert "nothing left to run" in again.stderr
    assert "tfidf" in again.stdout
