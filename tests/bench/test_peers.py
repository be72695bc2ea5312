"""Peers: the tutorial loop trains the same models at the same sizes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
import torch

from textclf.bench.measurement import MODELS, config_of, name_of
from textclf.bench.peers import Peer, find_peers
from textclf.errors import TrainingError
from textclf.training.building import build_classifier

FOLDER = Path(__file__).parents[2] / "experiments/peers"
SETTINGS = {
    "embedding_dim": 10,
    "hidden_dim": 12,
    "dropout": 0.1,
    "max_tokens": 9,
    "epochs": 12,
    "batch_size": 8,
    "learning_rate": 0.05,
}


@pytest.fixture
def tutorial(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("tutorial")


def task(folder: Path, model: str, **more: Any) -> dict[str, Any]:
    texts = [f"a {'good' if number % 2 else 'bad'} film number {number}" for number in range(40)]
    labels = ["pos" if number % 2 else "neg" for number in range(40)]
    for split in ("train", "validation", "test"):
        pd.DataFrame({"text": texts, "label": labels}).to_parquet(folder / f"{split}.parquet")
    return {"data": str(folder), "model": model, "settings": SETTINGS, "seed": 1, "threads": 1} | more


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_the_encoders_of_the_tutorial_have_the_same_size(tutorial: ModuleType, model: dict[str, Any]) -> None:
    config = config_of(model, "any", embedding_dim=100, hidden_dim=128, max_tokens=256)
    ours = build_classifier(config, torch.zeros(2, 100), 2).count_parameters()["encoder"]
    theirs = sum(each.numel() for each in tutorial.encoder_of(name_of(model), 100, 128, 256).parameters())
    assert theirs == pytest.approx(ours, rel=0.2, abs=0)  # the tutorial's attention has no matrix for the query


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_the_tutorial_learns_labels_that_one_word_decides(
    tutorial: ModuleType, tmp_path: Path, model: dict[str, Any]
) -> None:
    result = tutorial.run(task(tmp_path, name_of(model)))
    assert result["test_accuracy"] > 0.9
    assert [epoch["examples"] for epoch in result["epochs"]] == [40] * 12


def test_an_epoch_ends_after_the_number_of_steps_in_the_task(tutorial: ModuleType, tmp_path: Path) -> None:
    result = tutorial.run(task(tmp_path, "none-mean", steps=2))
    assert [epoch["examples"] for epoch in result["epochs"]] == [16] * 12


def test_the_script_prints_one_json_document(tmp_path: Path) -> None:
    peer = find_peers(FOLDER)["tutorial"]
    assert peer.python == sys.executable
    result = peer.measure(task(tmp_path, "none-mean"))
    assert result["versions"] == {"torch": torch.__version__}
    assert 0 <= result["test_accuracy"] <= 1


def test_the_error_of_a_failed_peer_ends_with_the_last_line_that_it_printed(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no such model')", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"broken\.py: no such model"):
        Peer("broken", script, sys.executable).measure({})


def test_an_empty_folder_has_no_peers(tmp_path: Path) -> None:
    assert find_peers(tmp_path) == {}
