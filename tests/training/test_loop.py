"""The training loop: records, early stopping, the best weights, seeds, REINFORCE, and losses that are not finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from textclf.classifier import Classifier
from textclf.data.batching import Batches
from textclf.data.tokens import Tokens
from textclf.encoders import ENCODERS
from textclf.encoders.composition import build_encoder
from textclf.encoders.embedding import Embedding
from textclf.encoders.encoder import Sizes
from textclf.errors import TrainingError
from textclf.tasks import task_of
from textclf.training.device import random_state
from textclf.training.loop import Trainer, train
from textclf.training.prediction import predict_logits
from textclf.training.validation import Validation, quality

WORDS, TEXTS = 11, 90
SIZES = Sizes(word_dim=6, hidden_dim=5, max_tokens=9, classes=2)
SINGLE_LABEL = task_of("single_label")


def batches(texts: int = TEXTS, seed: int = 0, flipped: bool = False) -> Batches:
    """Texts of 2 to 6 words; the label is whether word 2 occurs."""
    random = np.random.default_rng(seed)
    rows = [random.integers(2, WORDS, random.integers(2, 7)) for _ in range(texts)]
    labels = np.array([int(2 in row) ^ flipped for row in rows])
    offsets = np.cumsum([0, *map(len, rows)])
    return Batches(Tokens(np.concatenate(rows).astype(np.int32), offsets), labels, batch_size=8)


def validation(texts: int = 40) -> Validation:
    return Validation(batches(texts, seed=1), SINGLE_LABEL, "accuracy")


def build_trainer(
    learning_rate: float = 0.02,
    seed: int = 0,
    encoder: str = "lstm",
    updates: str = "auto",
    clip_norm: float = 5.0,
    **options: Any,
) -> Trainer:
    with random_state(seed):
        embedding = Embedding(torch.randn(WORDS, 6), 0.1)
        classifier = Classifier(build_encoder(ENCODERS.options(encoder, options), embedding, SIZES), 2, 0.1)
    return Trainer(
        classifier,
        SINGLE_LABEL,
        precision="float32",
        learning_rate=learning_rate,
        weight_decay=0.0,
        clip_norm=clip_norm,
        embedding_updates=updates,
    )


def losses(seed: int, epochs: int = 2) -> list[float]:
    return [r["train_loss"] for r in train(build_trainer(), batches(), None, epochs=epochs, patience=None, seed=seed)]


def test_training_reduces_the_loss() -> None:
    trainer = build_trainer()
    records = list(train(trainer, batches(), validation(), epochs=12, patience=None, seed=0))
    assert [record["epoch"] for record in records] == list(range(1, 13))
    assert records[-1]["train_loss"] < 0.5 * records[0]["train_loss"]
    assert max(record["validation_metric"] for record in records) > 0.9
    assert all(record["examples"] == TEXTS for record in records)
    assert all(record["tokens"] == len(batches().tokens.ids) for record in records)


@pytest.mark.parametrize("encoder", ["lstm", "cnn", "hierarchical"])
def test_lazy_and_dense_updates_of_word_vectors_train_the_same_model(encoder: str) -> None:
    def trained(updates: str, clip_norm: float = 0.05) -> tuple[list[float], torch.Tensor]:
        trainer = build_trainer(0.01, encoder=encoder, updates=updates, clip_norm=clip_norm)
        records = list(train(trainer, batches(), None, epochs=3, patience=None, seed=0))
        return [record["train_loss"] for record in records], trainer.classifier.encoder.embedding.table.weight.detach()

    (losses, table), (dense_losses, dense_table) = trained("lazy"), trained("dense")
    assert losses == pytest.approx(dense_losses, abs=1e-4)
    torch.testing.assert_close(table, dense_table, rtol=0, atol=1e-3)
    assert trained("dense", clip_norm=1.0)[0] != pytest.approx(dense_losses, abs=1e-4), "clipping has an effect"


def test_the_seed_decides_the_losses() -> None:
    torch.manual_seed(1)
    first = losses(0)
    torch.manual_seed(2)
    assert losses(0) == first
    assert losses(1) != first


def test_the_callers_random_state_does_not_change() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    losses(0)
    assert torch.equal(torch.rand(4), expected)


def test_training_stops_early_and_restores_the_best_weights() -> None:
    """Validation labels are flipped, so the accuracy falls during training, and the first epochs are the best."""
    trainer, held_out = build_trainer(), batches(40, 1, flipped=True)
    records = list(
        train(trainer, batches(), Validation(held_out, SINGLE_LABEL, "accuracy"), epochs=30, patience=2, seed=0)
    )
    assert len(records) < 30
    accuracies = [record["validation_metric"] for record in records]
    best = max(records, key=lambda record: (record["validation_metric"], -record["validation_loss"]))
    assert len(records) - best["epoch"] == 2
    accuracy = (predict_logits(trainer.classifier, held_out).argmax(1) == held_out.labels).mean()
    assert accuracy == best["validation_metric"] > accuracies[-1]


@pytest.mark.parametrize(
    ("metric", "values", "losses", "best"),
    [
        ("accuracy", [0.5, 0.9, 0.7], [1.0, 1.0, 1.0], 1),
        ("accuracy", [0.9, 0.9, 0.9], [1.0, 0.5, 0.7], 1),
        ("log_loss", [0.9, 0.4, 0.7], [1.0, 1.0, 0.1], 1),
        ("log_loss", [0.4, 0.9, 0.4], [0.3, 0.1, 0.2], 2),
    ],
)
def test_the_best_epoch_has_the_best_metric_and_then_the_lowest_loss(
    metric: str, values: list[float], losses: list[float], best: int
) -> None:
    records = [
        {"validation_metric": value, "validation_loss": loss} for value, loss in zip(values, losses, strict=True)
    ]
    assert max(records, key=lambda record: quality(record, metric)) is records[best]


def test_a_metric_that_is_better_when_lower_restores_the_weights_of_its_lowest_epoch() -> None:
    """Validation labels are flipped, so the log loss rises; with the wrong direction the last epoch would be kept."""
    trainer, held_out = build_trainer(), batches(40, 1, flipped=True)
    records = list(
        train(trainer, batches(), Validation(held_out, SINGLE_LABEL, "log_loss"), epochs=4, patience=None, seed=0)
    )
    values = [record["validation_metric"] for record in records]
    assert values == pytest.approx([record["validation_loss"] for record in records])
    assert values[-1] > min(values) + 0.1
    kept = Validation(held_out, SINGLE_LABEL, "log_loss").measure(trainer.classifier)["validation_metric"]
    assert kept == min(values)


def test_without_a_validation_split_all_epochs_are_run() -> None:
    records = list(train(build_trainer(), batches(), None, epochs=4, patience=1, seed=0))
    assert [record["validation_loss"] for record in records] == [None] * 4


def test_a_loss_that_is_not_finite_ends_the_run() -> None:
    trainer = build_trainer()
    with torch.no_grad():
        trainer.classifier.linear.weight.fill_(torch.inf)
    with pytest.raises(TrainingError, match="loss is nan in epoch 1; lower learning_rate"):
        list(train(trainer, batches(), None, epochs=2, patience=None, seed=0))


def test_weights_that_are_not_finite_end_the_run_although_the_loss_is_finite() -> None:
    """The loss is computed before the last update, and there is no validation split to notice its effect."""
    trainer = build_trainer(1e38)
    with pytest.raises(TrainingError, match="a weight is not finite in epoch 1; lower learning_rate"):
        list(train(trainer, batches(8), None, epochs=1, patience=None, seed=0))


def test_a_validation_loss_that_is_not_finite_ends_the_run() -> None:
    trainer = build_trainer(1e37)
    with pytest.raises(TrainingError, match=r"the validation loss is (nan|inf) in epoch 1; lower learning_rate"):
        list(train(trainer, batches(8), validation(), epochs=1, patience=None, seed=0))


def test_frozen_vectors_stay() -> None:
    embedding = Embedding(torch.randn(WORDS, 6), freeze=True)
    before = embedding.table.weight.clone()
    classifier = Classifier(build_encoder(ENCODERS.options("none"), embedding, SIZES), 2, 0.0)
    trainer = Trainer(
        classifier,
        SINGLE_LABEL,
        precision="float32",
        learning_rate=0.1,
        weight_decay=0.1,
        clip_norm=5.0,
        embedding_updates="auto",
    )
    list(train(trainer, batches(), None, epochs=1, patience=None, seed=0))
    assert torch.equal(embedding.table.weight, before)


def test_the_reinforce_term_equals_values_computed_by_hand() -> None:
    """The baseline starts as the loss of a uniform guess between two classes, then it follows the losses slowly."""
    trainer, log_probability = build_trainer(), torch.tensor([-1.0, -2.0, -0.5])
    first = trainer._reinforce(log_probability, torch.tensor([1.0, 2.0, 6.0]), torch.tensor(3.0))
    start = math.log(2)
    assert first.item() == pytest.approx(((1 - start) * -1 + (2 - start) * -2 + (6 - start) * -0.5) / 3)
    then = 0.9 * start + 0.1 * 3
    second = trainer._reinforce(log_probability, torch.tensor([0.0, 0.0, 0.0]), torch.tensor(0.0))
    assert second.item() == pytest.approx((-then * -1 + -then * -2 + -then * -0.5) / 3)
    third = trainer._reinforce(
        log_probability, torch.tensor([0.9 * then, 0.9 * then, 0.9 * then + 3]), torch.tensor(3.7)
    )
    assert third.item() == pytest.approx(3.0 * -0.5 / 3)


def test_the_first_baseline_does_not_depend_on_the_first_batch() -> None:
    """If the baseline were the batch's own loss, a batch of one text would have no gradient."""
    log_probability = torch.tensor([-1.0], requires_grad=True)
    build_trainer()._reinforce(log_probability, torch.tensor([5.0]), torch.tensor(5.0)).backward()
    assert log_probability.grad is not None
    assert log_probability.grad.item() == pytest.approx(5 - math.log(2))


@pytest.mark.parametrize("rewarded", [True, False])
def test_reinforce_trains_the_choice_of_a_word(rewarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right word alone shows whether word 2 occurs; without REINFORCE, training does not learn to choose it."""
    if not rewarded:
        monkeypatch.setattr(Trainer, "_reinforce", lambda *_: 0.0)
    trainer = build_trainer(encoder="none", pooling={"part": "attention", "normaliser": "hard_reinforce"})
    records = list(train(trainer, batches(400), validation(80), epochs=15, patience=None, seed=0))
    accuracy = records[-1]["validation_metric"]
    assert accuracy > 0.95 if rewarded else accuracy < 0.9
