"""Several processes train the same model as one process: torchrun, shares of batches, random numbers, and errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributed

from textclf.classifier import Classifier
from textclf.cli import call
from textclf.config import RunConfig
from textclf.data.batching import Batch, Batches
from textclf.data.tokens import Tokens
from textclf.encoders import ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding, Schedule
from textclf.encoders.encoder import Sizes
from textclf.errors import ConfigurationError, DataError
from textclf.experiment.execution import execute
from textclf.experiment.preparation import prepare
from textclf.registry import unflatten
from textclf.tasks import task_of
from textclf.training.device import random_state
from textclf.training.loop import Trainer
from textclf.training.parallel import ALONE, Processes, join

WORDS, CLASSES = 13, 2
TOLERANCE = 1e-4  # of log losses; rounding errors are about a thousand times smaller


def numbers(row: dict[str, Any]) -> list[float]:
    """Return the losses and the metrics of a row."""
    losses = [epoch[name] for epoch in row["epochs"] for name in ("train_loss", "validation_loss")]
    return losses + [value for part in row["metrics"].values() for value in part.values()]


def test_torchrun_trains_the_model_that_one_process_trains(reviews: Path, tmp_path: Path) -> None:
    """64 texts in batches of 9: the two processes have 5 and 4 texts of a batch, and 1 and 0 of the last batch."""
    keys = {
        "dataset": str(reviews),
        "encoder": "lstm",
        "pooling": "attention",
        "epochs": 3,
        "batch_size": 9,
        "learning_rate": 0.02,
        "dropout": 0.0,
        "hidden_dim": 8,
        "embedding_dim": 8,
        "precision": "float32",
        "device": "cpu",
    }
    settings = [f"--set={key}={value}" for key, value in keys.items() if key not in {"dataset", "encoder", "pooling"}]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", "2"]
    command = ["run", "--dataset", str(reviews), "--encoder", "lstm", "--pooling", "attention", "--json"]
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "textclf", *command, *settings, "--save", "model"],
        cwd=tmp_path,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    two = json.loads(done.stdout)
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["epoch"] * 3 + ["saved"], (
        "only one process prints"
    )
    assert (tmp_path / "model" / "model.safetensors").exists()

    def trained(seed: int = 0, processes: Processes = ALONE) -> dict[str, Any]:
        config = RunConfig.parse(keys | {"seed": seed})
        return execute(config, prepare(config), "lstm-attention", processes=processes).row.to_dict()

    one = trained()
    assert numbers(two) == pytest.approx(numbers(one), abs=TOLERANCE)
    for name in ("examples", "tokens"):
        assert [epoch[name] for epoch in two["epochs"]] == [epoch[name] for epoch in one["epochs"]]
    assert (two["provenance"]["processes"], two["provenance"]["device"]) == (2, "cpu")
    assert two["fingerprint"] == one["fingerprint"]
    assert "processes" not in one["provenance"]

    assert numbers(trained(seed=1)) != pytest.approx(numbers(one), abs=TOLERANCE)
    one_share = trained(processes=Processes(rank=0, world=2))
    assert numbers(one_share) != pytest.approx(numbers(one), abs=TOLERANCE), "one share gives other numbers"


@dataclass(frozen=True)
class Threads(Processes):
    """A process group of threads; a sum waits until every thread has given its values."""

    barrier: Barrier = field(default_factory=lambda: Barrier(1))
    parts: list[Tensor] = field(default_factory=list)

    def _sum(self, values: Tensor) -> Tensor:
        self.parts[self.rank] = values
        self.barrier.wait()
        total = torch.stack(self.parts).sum(0)
        self.barrier.wait()
        return total


def threads(world: int) -> list[Processes]:
    barrier, parts = Barrier(world, timeout=60), [torch.empty(0)] * world
    return [Threads(rank, world, None, barrier, parts) for rank in range(world)]


def batches(pairs: bool) -> Iterator[Batch]:
    """Texts of 1 to 6 words in batches of 7, the last of 1; the label is whether word 2 occurs."""
    random = np.random.default_rng(0)
    rows = [random.integers(2, WORDS, random.integers(1, 7)) for _ in range(22)]
    texts, others = (
        Tokens(np.concatenate(side).astype(np.int32), np.cumsum([0, *map(len, side)])) for side in (rows, rows[::-1])
    )
    labels = np.array([int(2 in row) for row in rows])
    split = Batches(texts, labels, batch_size=7, pairs=others if pairs else None)
    for epoch in range(3):
        yield from split.epoch(torch.Generator().manual_seed(epoch))


def learn(
    processes: Processes, encoder: str, updates: str, options: dict[str, Any], schedule: Schedule | None = None
) -> tuple[list[float], Classifier]:
    """Return the loss of each batch and the trained classifier."""
    embedding, part = Embedding(torch.zeros(WORDS, 7)), ENCODERS.options(encoder, unflatten(options))
    embedding.schedule, pairs = schedule, "interaction" in options
    classifier = Classifier(build_encoder(part, embedding, Sizes(7, 5, 9, CLASSES), pairs), CLASSES, 0.0)
    trainer = Trainer(
        classifier.train(),
        task_of("single_label"),
        precision="float32",
        learning_rate=0.02,
        weight_decay=0.01,
        clip_norm=0.5,
        embedding_updates=updates,
        steps=12,
        processes=processes,
    )
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)  # threads share torch's global generator
        for parameter in classifier.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    losses = [trainer.step(batch).item() for batch in batches(pairs)]
    trainer.catch_up()
    return losses, classifier


@pytest.mark.parametrize("world", [2, 3])
@pytest.mark.parametrize(
    ("encoder", "updates", "options"),
    [
        ("lstm", "lazy", {"pooling": "attention"}),
        ("lstm", "dense", {"pooling": "attention"}),
        ("cnn", "lazy", {}),
        ("lstm", "lazy", {"pooling": "structured", "pooling.penalty": 1.0}),
        ("gru", "lazy", {"interaction": "siamese"}),
        ("hierarchical", "dense", {}),
    ],
    ids=str,
)
def test_training_on_shares_of_batches_equals_training_on_whole_batches(
    encoder: str, updates: str, options: dict[str, Any], world: int
) -> None:
    one, _ = learn(ALONE, encoder, updates, options)
    several = together(world, lambda processes: learn(processes, encoder, updates, options))
    for losses, _ in several:
        assert losses == pytest.approx(one, abs=TOLERANCE)
    same_weights([classifier for _, classifier in several])
    alone, _ = learn(Processes(0, world), encoder, updates, options)
    assert alone != pytest.approx(one, abs=TOLERANCE), "one share gives other losses"


def test_word_vectors_with_a_schedule_train_on_shares_of_batches_as_on_whole_batches() -> None:
    def losses_of(processes: Processes, warm_up: float = 0.5) -> tuple[list[float], Classifier]:
        return learn(processes, "lstm", "dense", {"pooling": "attention"}, Schedule(0.1, warm_up))

    (one, _), several = losses_of(ALONE), together(2, losses_of)
    assert all(losses == pytest.approx(one, abs=TOLERANCE) for losses, _ in several)
    same_weights([classifier for _, classifier in several])
    assert losses_of(ALONE, 0.1)[0] != pytest.approx(one, abs=TOLERANCE), "the schedule has an effect"


def test_all_processes_have_equal_weights_after_random_choices() -> None:
    options = {"pooling": "attention", "pooling.normaliser": "hard_reinforce"}
    results = together(2, lambda processes: learn(processes, "lstm", "lazy", options))
    same_weights([classifier for _, classifier in results])


def together(world: int, work: Callable[[Processes], Any]) -> list[Any]:
    with ThreadPoolExecutor(world) as pool:
        return list(pool.map(work, threads(world)))


def same_weights(classifiers: list[Classifier]) -> None:
    first, *others = (classifier.state_dict() for classifier in classifiers)
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)


def test_random_numbers_depend_on_seed_and_rank_only() -> None:
    def drawn(seed: int, processes: Processes) -> list[float]:
        with random_state(processes.seed(seed)):
            return torch.rand(3).tolist()

    first, second = Processes(0, 2), Processes(1, 2)
    assert drawn(5, first) == drawn(5, first)
    several = [drawn(5, first), drawn(5, second), drawn(6, first), drawn(6, second)]
    assert len({tuple(numbers) for numbers in several}) == 4
    with random_state(5):
        assert torch.rand(3).tolist() == drawn(5, ALONE)


def test_only_one_process_prints_the_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # like torchrun's
    variables = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port)}
    for name, value in (variables | {"TORCHELASTIC_USE_AGENT_STORE": "True"}).items():
        monkeypatch.setenv(name, value)
    command = ["run", "--dataset", "tweets", "--encoder", "lstn"]
    assert call(command) == 2
    assert 'did you mean "lstm"?' in capsys.readouterr().err
    assert call(command) == 2
    assert capsys.readouterr().err == ""


def test_processes_with_different_runs_are_refused(reviews: Path) -> None:
    class Other(Processes):
        def of_first(self, value: Any) -> Any:
            return "another fingerprint" if isinstance(value, str) else value

    config = RunConfig.parse({"dataset": str(reviews), "encoder": "none"})
    with pytest.raises(DataError, match="rank 1 of 2 processes has other data or settings than rank 0"):
        execute(config, prepare(config), "none", processes=Other(1, 2))


def test_the_error_names_a_missing_variable_a_shared_device_or_a_missing_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "0")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(ConfigurationError, match="LOCAL_RANK is not set; start them with torchrun"):
        join("cpu")
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(ConfigurationError, match='several processes cannot share "cuda:1"'):
        join("cuda:1")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ConfigurationError, match=r"in a clone of textclf, pip install '\.\[distributed\]'"):
        join("cpu")
