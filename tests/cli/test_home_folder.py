"""A ``~`` at the start of a path is the home folder, wherever a user gives a path."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers.commands import FAST, Cli, grid, passed

from textclf.estimator import TextClassifier
from textclf.paths import user_path
from textclf.plugins import load_plugin, loaded_plugins, unload_plugins
from textclf.results.data_frame import read_results

PLUGIN = (
    "from textclf.encoders.baselines import BASELINES\n"
    "from textclf.encoders.baselines.majority import Majority\n"
    'BASELINES.register("mine", type("Mine", (Majority,), {}))\n'
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reviews: Path) -> Path:
    """A home folder with data, an experiment file and a plug-in, outside the current folder."""
    folder = tmp_path / "home"
    grid(folder, ["~/reviews.csv"], "[{encoder: mine}]", name="x.yaml")
    shutil.move(reviews, folder / "reviews.csv")
    (folder / "p.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_every_command_accepts_paths_in_the_home_folder(cli: Cli, tmp_path: Path, home: Path) -> None:
    run = ("run", "--dataset", "~/reviews.csv", "--encoder", "mine", "--plugin=~/p.py")
    passed(cli, *run, "--save=~/m")
    (home / "new.txt").write_text("a good film\n", encoding="utf-8")
    passed(cli, "predict", "~/m", "--input", "~/new.txt")
    passed(cli, "experiment", "~/x.yaml", "--out", "~/out", *FAST)
    (home / "out/README.md").unlink()
    passed(cli, "report", "~/out")
    assert (home / "out/README.md").exists()
    assert set(tmp_path.iterdir()) == {home}, "nothing is written to the current folder"
    passed(cli, *run, "--save=./~/m")
    passed(cli, "predict", "./~/m", "a good film")
    assert (tmp_path / "~/m/model.json").exists(), "a folder of that name"


def test_python_functions_accept_paths_in_the_home_folder(cli: Cli, tmp_path: Path, home: Path) -> None:
    load_plugin("~/p.py")
    assert [plugin.name for plugin in loaded_plugins()] == ["p.py"]
    passed(cli, "experiment", home / "x.yaml", "--out", home / "out", *FAST)
    assert list(read_results("~/out")["encoder"]) == ["mine"]
    unload_plugins()
    TextClassifier("majority").fit(["good", "bad", "bad"], ["a", "b", "b"]).save("~/m")
    assert list(TextClassifier.load("~/m").predict(["good"])) == ["b"]
    assert set(tmp_path.iterdir()) == {home}


def test_a_tilde_elsewhere_in_a_path_is_a_plain_character(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert user_path("~") == home
    assert user_path(Path("~/a")) == home / "a"
    assert user_path("./~/a") == user_path(user_path("./~/a")) == tmp_path / "~/a"
    assert [str(user_path(path)) for path in ("-", "a/~", "/a")] == ["-", "a/~", "/a"]
