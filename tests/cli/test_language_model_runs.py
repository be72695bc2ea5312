"""``textclf run`` and ``textclf predict`` with a language model, and the messages about wrong ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the language model, which a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "language_model"))


@pytest.fixture
def run(cli: Cli, reviews: Path) -> Cli:
    """Run ``textclf run`` with an encoder ``transformer`` on a small file."""

    def call(model: object, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        values = {"max_tokens": 12, "precision": "float32"} | settings | {"model": model}
        sets = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        return cli("run", "--dataset", reviews, "--encoder", "transformer", "--epochs", 2, *sets, *arguments)

    return call


def _assert_refused(result: subprocess.CompletedProcess[str], message: str) -> None:
    """Assert that a command ends with status 2 and one line that begins with ``textclf:``, without a traceback."""
    assert result.returncode == 2
    assert result.stdout == ""
    assert message in result.stderr, result.stderr
    assert result.stderr.startswith("textclf: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr


def test_a_run_is_measured_and_its_saved_model_predicts(run: Cli, cli: Cli, tiny_model: Path, tmp_path: Path) -> None:
    result = run(tiny_model, "--json", "--save", tmp_path / "saved")
    assert result.returncode == 0, result.stderr
    row = json.loads(result.stdout)
    assert 0 <= row["metrics"]["test"]["accuracy"] <= 100
    assert row["parameters"]["total"] > 0
    predicted = cli("predict", tmp_path / "saved", "a good film", "bad actors", "--json")
    assert predicted.returncode == 0, predicted.stderr
    for prediction in json.loads(predicted.stdout):
        assert prediction["label"] in ("neg", "pos")
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_predict_names_a_language_model_that_is_gone(run: Cli, cli: Cli, copied: Path, tmp_path: Path) -> None:
    assert run(copied, "--save", tmp_path / "saved").returncode == 0
    shutil.rmtree(copied)
    _assert_refused(cli("predict", tmp_path / "saved", "a good film"), f"model: no folder {copied}")


def test_states_that_exceed_the_cache_are_computed_again_with_one_warning(
    run: Cli, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tiny_model, "--json")
    assert "computes its states again" not in first.stderr
    stored = json.loads(first.stdout)["metrics"]["test"]
    monkeypatch.setenv("TEXTCLF_CACHE_LIMIT", "0.000001")
    result = run(tiny_model, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("computes its states again") == 1
    computed = json.loads(result.stdout)["metrics"]["test"]
    assert computed["accuracy"] == stored["accuracy"]
    assert computed["log_loss"] == pytest.approx(stored["log_loss"], abs=5e-3)  # stored states are float16


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": 7}, "layer: 7, but"),
        ({"max_tokens": 31}, "reads at most 30 subwords beside its special tokens; set max_tokens to 30 or less"),
        ({"then": "abcnn"}, 'then: there is no contextualiser "abcnn"'),
        ({"train": "some"}, "train: input should be 'none' or 'full'"),
        ({"joint": "true"}, "joint: needs pairs of texts"),
        ({"revision": "main"}, 'revision: "main", but model'),
    ],
)
def test_a_wrong_setting_gives_one_message(
    run: Cli, tiny_model: Path, settings: dict[str, object], message: str
) -> None:
    _assert_refused(run(tiny_model, **settings), message)


@pytest.mark.parametrize(("model", "message"), [("minilmm", 'did you mean "minilm"?'), ("no/folder", "no folder")])
def test_an_unknown_model_gives_one_message(run: Cli, model: str, message: str) -> None:
    _assert_refused(run(model), message)


def test_a_folder_without_tokenizer_gives_one_message(run: Cli, copied: Path) -> None:
    (copied / "tokenizer.json").unlink()
    _assert_refused(run(copied), "has no tokenizer.json; write it")


def test_pickled_weights_give_one_message(run: Cli, copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    _assert_refused(run(copied), "only safetensors are read, because pickled weights can run code")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auto_map": {"AutoModel": "own.Model"}}, "names Python code of the model (auto_map), which is never run"),
        ({"model_type": "nothing"}, 'knows no architecture "nothing"'),
        ({"hidden_size": 20}, "cannot be loaded"),
    ],
)
def test_a_configuration_that_cannot_be_used_gives_one_message(
    run: Cli, copied: Path, changes: dict[str, object], message: str
) -> None:
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    (copied / "config.json").write_text(json.dumps(config | changes), encoding="utf-8")
    _assert_refused(run(copied), message)


def test_a_damaged_tokenizer_gives_one_message(run: Cli, copied: Path) -> None:
    (copied / "tokenizer.json").write_text("{}", encoding="utf-8")
    _assert_refused(run(copied), "tokenizer.json")


def test_damaged_weights_give_one_message(run: Cli, copied: Path) -> None:
    (copied / "model.safetensors").write_bytes(b"damaged")
    _assert_refused(run(copied), "model.safetensors is not a safetensors file")
