"""Parts from outside: plug-in files and the entry points of installed packages."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.registering import registered

from textclf.config import RunConfig
from textclf.encoders import CONTEXTUALISERS, ENCODERS
from textclf.encoders.poolings import POOLINGS
from textclf.encoders.poolings.mean import MeanPooling
from textclf.errors import ConfigurationError, ModelFolderError
from textclf.estimator import TextClassifier
from textclf.experiment.grid import run_experiment
from textclf.plugins import load_plugin, unload_plugins
from textclf.results.store import read_rows

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"
EXAMPLE = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)[0]
TINY = ["--set", "hidden_dim=4", "--set", "embedding_dim=4", "--epochs", "1"]
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The example of CONTRIBUTING.md: a pooling called begin."""
    path = tmp_path / "mine.py"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def fingerprint(**keys: Any) -> str:
    return RunConfig.parse({"encoder": "none", **keys}).fingerprint("data")


def test_the_example_works_like_other_parts(cli: Cli, plugin: Path, reviews: Path) -> None:
    listing = cli("list", "poolings", "--plugin", plugin).stdout
    assert "begin           The state of the first word. (plug-in mine.py)" in listing
    assert cli("check-part", "pooling", "begin", "--plugin", plugin).returncode == 0
    command = ["run", "--dataset", reviews, "--encoder", "none", "--pooling", "begin", *TINY, "--json"]
    row = json.loads(cli(*command, "--plugin", plugin).stdout)
    assert (row["model"], row["pooling"]) == ("none-begin", "begin")
    assert row["provenance"]["plugins"] == {"mine.py": load_plugin(plugin).sha256}
    assert "plugins" not in json.loads(cli(*command, "--pooling", "mean").stdout)["provenance"]
    unload_plugins()
    without = cli(*command)
    assert (without.returncode, without.stdout) == (2, "")
    assert 'there is no pooling "begin"' in without.stderr


def test_the_content_of_a_plugin_changes_only_the_fingerprints_of_its_runs(plugin: Path) -> None:
    before = fingerprint(pooling="mean")
    load_plugin(plugin)
    first = fingerprint(pooling="begin")
    assert fingerprint(pooling="mean") == before
    unload_plugins()
    load_plugin(plugin)
    assert fingerprint(pooling="begin") == first
    unload_plugins()
    plugin.write_text(EXAMPLE + "# another version\n", encoding="utf-8")
    load_plugin(plugin)
    assert fingerprint(pooling="begin") != first
    assert fingerprint(pooling="mean") == before


def test_the_plugin_of_a_part_inside_a_part_is_found(tmp_path: Path) -> None:
    source = "from textclf.attention.scores import SCORES\nfrom textclf.attention.scores.dot import Dot\n"
    (tmp_path / "scores.py").write_text(source + 'SCORES.register("twice", type("Twice", (Dot,), {}))\n')
    load_plugin(tmp_path / "scores.py")
    with_plugin = RunConfig.parse({"encoder": "none", "pooling": "attention", "pooling.score": "twice"})
    without = RunConfig.parse({"encoder": "none", "pooling": "attention"})
    assert [plugin.name for plugin in with_plugin.plugins] == ["scores.py"]
    assert without.plugins == ()


def test_a_configuration_brings_its_plugin_to_another_process(plugin: Path) -> None:
    load_plugin(plugin)
    config = RunConfig.parse({"encoder": "none", "pooling": "begin"})
    sent = pickle.dumps(config)
    unload_plugins()
    plugin.unlink()
    received = pickle.loads(sent)
    assert received.flat() == config.flat()
    assert "begin" in POOLINGS


def test_an_experiment_runs_and_resumes_and_names_a_missing_plugin(plugin: Path, reviews: Path) -> None:
    grid = plugin.parent / "grid.yaml"
    grid.write_text(
        f"datasets: [{reviews}]\nshared: {{hidden_dim: 4, embedding_dim: 4, epochs: 1}}\n"
        "models: [{encoder: none, pooling: begin}]\n",
        encoding="utf-8",
    )
    load_plugin(plugin)
    out = plugin.parent / "out"
    assert run_experiment(grid, out, workers=1, speeds=False).failed == 0
    (row,) = read_rows(out)
    assert row.provenance.plugins == {"mine.py": load_plugin(plugin).sha256}
    assert run_experiment(grid, out, workers=1, speeds=False).ran == 0
    unload_plugins()
    message = r'^\S+: its runs use parts of mine\.py; give .* --plugin FILE(?s:.*)no pooling "begin"'
    with pytest.raises(ConfigurationError, match=message):
        run_experiment(grid, out, workers=1, speeds=False)
    plugin.write_text(EXAMPLE + "# another version\n", encoding="utf-8")
    load_plugin(plugin)
    assert run_experiment(grid, out, workers=1, speeds=False).ran == 1


def test_an_experiment_refuses_a_part_that_only_this_process_registers(reviews: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text(f"datasets: [{reviews}]\nmodels: [{{encoder: none, pooling: mine}}]\n", encoding="utf-8")
    with (
        registered((POOLINGS, "mine", MeanPooling)),
        pytest.raises(ConfigurationError, match='pooling "mine": is registered in this process only'),
    ):
        run_experiment(grid, tmp_path / "out")


def test_a_saved_model_names_its_plugin_and_never_imports_it(cli: Cli, plugin: Path, reviews: Path) -> None:
    model = plugin.parent / "model"
    command = ["run", "--dataset", reviews, "--encoder", "none", "--pooling", "begin", *TINY]
    assert cli(*command, "--plugin", plugin, "--save", model).returncode == 0
    assert cli("predict", model, "a film").returncode == 0
    sha256 = load_plugin(plugin).sha256
    assert json.loads((model / "model.json").read_text())["plugins"] == {"mine.py": sha256}
    unload_plugins()
    without = cli("predict", model, "a film")
    assert without.returncode == 2
    assert f"{model}: needs the plug-in mine.py (sha256 {sha256[:12]}…)" in without.stderr
    assert "--plugin FILE" in without.stderr
    assert "begin" not in POOLINGS
    assert cli("predict", model, "a film", "--plugin", plugin).returncode == 0
    assert TextClassifier.load(model).predict(["a film"]).shape == (1,)
    unload_plugins()
    plugin.write_text(EXAMPLE + "# another version\n", encoding="utf-8")
    load_plugin(plugin)
    with pytest.raises(ModelFolderError, match=rf"mine\.py \(sha256 {sha256[:12]}…\), loaded: mine\.py \(sha256 "):
        TextClassifier.load(model)
    unload_plugins()
    (plugin.parent / "renamed.py").write_text(EXAMPLE, encoding="utf-8")
    load_plugin(plugin.parent / "renamed.py")
    assert TextClassifier.load(model).predict(["a film"]).shape == (1,), "the content of the file counts, not its name"


WRONG_FILES = {
    "a file without parts": ("x = 1\n", "mine.py: registers no part; write from textclf.encoders.poolings"),
    "a syntax error": ("import os\ndef f(:\n", "mine.py, line 2: invalid syntax"),
    "an exception": ("import os\n\nos.no_such_name\n", "mine.py, line 3: AttributeError: module 'os' has no attribute"),
    "an exit": ("import sys\nsys.exit(1)\n", "mine.py, line 2: SystemExit: 1"),
    "a name that exists": (
        'from textclf.encoders.poolings import POOLINGS\nPOOLINGS.register("mean", object)\n',
        'mine.py, line 2: the pooling "mean" exists already (textclf.encoders.poolings.mean); choose another name',
    ),
    "a union of registries": (
        'from textclf.encoders import ENCODERS\nENCODERS.register("mine", object)\n',
        "mine.py, line 2: encoder mine: register it with the registry of its group, one of textclf.encoders, ",
    ),
    "a class without options": (
        'from textclf.encoders.poolings import POOLINGS\nPOOLINGS.register("mine", object)\n',
        'pooling "mine": its class has no nested class Options',
    ),
}


@pytest.mark.parametrize(("source", "message"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_plugin_gives_one_readable_message(cli: Cli, tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    command = ["run", "--dataset", "tweets", "--encoder", "none", "--pooling", "mine", "--plugin", "mine.py"]
    result = cli(*command)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("registry", ["CONTEXTUALISERS", "WHOLE_ENCODERS"])
@pytest.mark.parametrize("options", [(), ("--score", "dot"), ("--normaliser", "softmax")], ids=str)
def test_an_encoder_without_options_gives_one_readable_message(
    cli: Cli, tmp_path: Path, registry: str, options: tuple[str, ...]
) -> None:
    source = f'from textclf.encoders import {registry}\n{registry}.register("mine", type("Mine", (), {{}}))\n'
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    result = cli("run", "--dataset", "tweets", "--encoder", "mine", *options, "--plugin", "mine.py")
    assert (result.returncode, result.stdout) == (2, "")
    assert 'encoder "mine": its class has no nested class Options' in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_plugin_file_is_an_error(cli: Cli) -> None:
    result = cli("list", "--plugin", "none.py")
    assert (result.returncode, result.stderr) == (2, "textclf: plug-in none.py: there is no such file\n")


def test_a_plugin_that_fails_registers_no_part(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(EXAMPLE + "1 / 0\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="ZeroDivisionError"):
        load_plugin(tmp_path / "mine.py")
    assert "begin" not in POOLINGS


def test_two_files_cannot_register_the_same_name(plugin: Path) -> None:
    load_plugin(plugin)
    (plugin.parent / "other.py").write_text(EXAMPLE + "# another file\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r'the pooling "begin" exists already \(plug-in mine\.py\)'):
        load_plugin(plugin.parent / "other.py")


def test_a_name_is_unique_among_all_encoders() -> None:
    with pytest.raises(ConfigurationError, match='the encoder "tfidf" exists already'):
        CONTEXTUALISERS.register("tfidf", MeanPooling)
    assert ENCODERS.module("tfidf") == "textclf.encoders.baselines.tfidf"


@pytest.fixture
def package(plugin: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds an installed package with three entry points."""
    site = tmp_path / "site"
    (site / "mypoolings-1.2.dist-info").mkdir(parents=True)
    (site / "mypoolings.py").write_text(EXAMPLE.rpartition("POOLINGS.register")[0], encoding="utf-8")
    (site / "mypoolings-1.2.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: mypoolings\nVersion: 1.2\n")
    points = "[textclf.poolings]\nbegin = mypoolings:FirstPooling\nmean = mypoolings:FirstPooling\n"
    points += "broken = mypoolings:NoSuchClass\n"
    (site / "mypoolings-1.2.dist-info/entry_points.txt").write_text(points, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(site), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])}


def test_entry_points_are_parts(package: dict[str, str], textclf: Callable[..., Any], reviews: Path) -> None:
    """Run in a separate process, because the package must be installed before textclf starts."""
    program = (
        "import sys\nfrom textclf.cli import call\nfrom textclf.encoders.poolings import POOLINGS\n"
        "assert 'mypoolings' not in sys.modules\n"
        "call(['list', 'poolings'])\n"
        "assert 'mypoolings' not in sys.modules, 'listing imports nothing'\n"
        f"call({['run', '--dataset', str(reviews), '--encoder', 'none', '--pooling', 'broken']})\n"
        f"call({['run', '--dataset', str(reviews), '--encoder', 'none', '--pooling', 'begin', *TINY, '--json']})\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | package, capture_output=True, text=True, check=False
    )
    listing, _, document = result.stdout.partition("{")
    assert "begin           (package mypoolings 1.2)" in listing
    assert "mean            the mean of the states." in listing
    assert 'the entry point mean of the package mypoolings 1.2 is ignored: the pooling "mean" exists already' in (
        result.stderr
    )
    assert 'textclf: pooling "broken" of the package mypoolings 1.2 cannot be imported' in result.stderr
    row = json.loads("{" + document)
    assert row["provenance"]["packages"] == {"mypoolings": "1.2"}
