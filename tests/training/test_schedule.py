"""The learning rate of pretrained parameters: its values, and two groups of parameters in one training."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.language_model import tiny_language_model
from torch import Tensor, nn

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches, TextBatch
from textclf.data.examples import Examples
from textclf.data.tokens import Tokens
from textclf.encoders.embedding import Embedding, Schedule, WordSource
from textclf.encoders.encoder import Encoder, Pooled
from textclf.errors import ConfigurationError
from textclf.tasks import task_of
from textclf.training.device import autocast
from textclf.training.fit import Fit
from textclf.training.loop import Trainer, train
from textclf.training.memory import TRAINING, check_fits
from textclf.training.validation import Validation

WORDS, DIM, TEXTS, EPOCHS = 11, 6, 38, 2
STEPS = 10  # two epochs of five batches of at most 8 texts
RATE, PEAK, DECAY = 0.02, 0.05, 0.1  # learning rates of the two groups, and the weight decay of both
SCHEDULE = Schedule(PEAK, 0.2)
FACTORS = [1 / 2, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]  # of PEAK in the ten steps
SINGLE_LABEL = task_of("single_label")


class LinearWords(WordSource):
    """Fixed word vectors and one trained linear layer: a small pretrained model without a table."""

    def __init__(self, schedule: Schedule | None) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.randn(WORDS, DIM))
        self.layer = nn.Linear(DIM, DIM)
        self.schedule, self.output_dim = schedule, DIM

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return self.layer(self.vectors[tokens]) * mask[:, :, None]


class MeanEncoder(Encoder):
    """A trained linear layer over the mean of the word vectors."""

    def __init__(self, embedding: WordSource) -> None:
        super().__init__()
        self.embedding, self.layer, self.output_dim = embedding, nn.Linear(DIM, 5), 5

    def forward(self, text: TextBatch, pair: TextBatch | None = None) -> Pooled:
        words = self.embedding(text.tokens, text.mask)
        return Pooled(self.layer(words.sum(1) / text.mask.sum(1, keepdim=True)).tanh())


def batches(texts: int = TEXTS, flipped: bool = False) -> Batches:
    """Texts of 2 to 6 words; the label is whether word 2 occurs."""
    random = np.random.default_rng(0)
    rows = [random.integers(2, WORDS, random.integers(2, 7)) for _ in range(texts)]
    labels = np.array([int(2 in row) ^ flipped for row in rows])
    return Batches(Tokens(np.concatenate(rows).astype(np.int32), np.cumsum([0, *map(len, rows)])), labels, batch_size=8)


def build(source: Callable[[], WordSource]) -> Classifier:
    torch.manual_seed(0)
    return Classifier(MeanEncoder(source()), 2, 0.0)


def trainer_of(
    classifier: Classifier, clip: float = 0.1, precision: str = "float32", updates: str = "auto", steps: int = STEPS
) -> Trainer:
    return Trainer(
        classifier,
        SINGLE_LABEL,
        precision=precision,
        learning_rate=RATE,
        weight_decay=DECAY,
        clip_norm=clip,
        embedding_updates=updates,
        steps=steps,
    )


def trained(
    schedule: Schedule | None, clip: float = 0.1, precision: str = "float32", updates: str = "auto"
) -> dict[str, Tensor]:
    trainer = trainer_of(build(lambda: LinearWords(schedule)), clip, precision, updates)
    list(train(trainer, batches(), None, epochs=EPOCHS, patience=None, seed=0))
    return trainer.classifier.state_dict()


def reference(factors: list[float], clip: float = 0.1, precision: str = "float32") -> dict[str, Tensor]:
    """Train the same classifier with torch's AdamW, its groups of parameters and its scheduler."""
    classifier = build(lambda: LinearWords(None))
    pretrained = list(classifier.encoder.embedding.parameters())
    others = [weight for weight in classifier.parameters() if all(weight is not other for other in pretrained)]
    optimiser = torch.optim.AdamW(
        [{"params": others, "lr": RATE}, {"params": pretrained, "lr": PEAK}], weight_decay=DECAY
    )
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, [lambda _: 1.0, lambda step: [*factors, 0.0][step]])
    for epoch in range(1, EPOCHS + 1):
        for batch in batches().epoch(torch.Generator().manual_seed(epoch)):
            optimiser.zero_grad()
            with autocast(torch.device("cpu"), precision):
                logits = classifier(batch.text).logits
            nn.functional.cross_entropy(logits.float(), batch.labels).backward()
            nn.utils.clip_grad_norm_(classifier.parameters(), clip)
            optimiser.step()
            rates.step()
    return classifier.state_dict()


def difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max((one[name] - other[name]).abs().max().item() for name in one)


def test_the_rate_rises_then_falls_linearly() -> None:
    assert [SCHEDULE.rate(step, STEPS) for step in range(1, 11)] == pytest.approx([PEAK * factor for factor in FACTORS])
    assert [Schedule(1.0, 0.0).rate(step, 4) for step in range(1, 5)] == [1, 3 / 4, 2 / 4, 1 / 4]
    assert [Schedule(1.0, 1.0).rate(step, 4) for step in range(1, 5)] == [1 / 4, 2 / 4, 3 / 4, 1]
    assert [Schedule(1.0, 0.1).rate(step, 1) for step in (1, 2, 3)] == [1, 0, 0], "no rate is negative"


@pytest.mark.parametrize(("warm_up", "steps", "rising"), [(0.1, 40, 4), (0.1, 57, 5), (0.0, 7, 0), (0.5, 9, 4)])
def test_the_rates_equal_those_of_transformers_but_rise_one_step_earlier(
    warm_up: float, steps: int, rising: int
) -> None:
    transformers = pytest.importorskip("transformers")
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = transformers.get_linear_schedule_with_warmup(optimiser, rising, steps)
    published = []
    for _ in range(steps):
        published += scheduler.get_last_lr()
        optimiser.step()
        scheduler.step()
    rates = [Schedule(0.3, warm_up).rate(step, steps) for step in range(1, steps + 1)]
    assert rates[:rising] == pytest.approx(published[1 : rising + 1])
    assert rates[rising:] == pytest.approx(published[rising:])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("clip", [0.1, 100.0])
def test_two_groups_train_as_with_the_optimiser_and_the_scheduler_of_torch(clip: float, precision: str) -> None:
    expected = reference(FACTORS, clip, precision)
    assert difference(trained(SCHEDULE, clip, precision), expected) < 1e-6
    assert difference(trained(Schedule(PEAK, 0.3), clip, precision), expected) > 1e-3, "the warm-up has an effect"
    assert difference(trained(SCHEDULE, 0.2, precision), expected) > 1e-3, "clipping has an effect"


def test_without_a_schedule_all_parameters_have_the_constant_rate() -> None:
    constant = [RATE / PEAK] * STEPS
    assert difference(trained(None), reference(constant)) < 1e-6
    assert difference(trained(SCHEDULE), reference(constant)) > 1e-3


@pytest.mark.parametrize("schedule", [None, SCHEDULE])
def test_without_a_table_the_kind_of_updates_has_no_effect(schedule: Schedule | None) -> None:
    assert difference(trained(schedule, updates="lazy"), trained(schedule, updates="dense")) == 0


def test_a_table_with_a_schedule_is_updated_densely() -> None:
    def table(schedule: Schedule | None, updates: str) -> Tensor:
        classifier = build(lambda: Embedding(torch.randn(WORDS, DIM)))
        classifier.encoder.embedding.schedule = schedule
        list(train(trainer_of(classifier, updates=updates), batches(), None, epochs=EPOCHS, patience=None, seed=0))
        return classifier.encoder.embedding.table.weight.detach()

    assert torch.equal(table(SCHEDULE, "lazy"), table(SCHEDULE, "dense"))
    assert not torch.allclose(table(SCHEDULE, "dense"), table(None, "dense"), atol=1e-3)


def test_frozen_parameters_stay_while_the_others_follow_the_schedule() -> None:
    classifier = build(lambda: LinearWords(SCHEDULE))
    classifier.encoder.embedding.layer.bias.requires_grad_(False)
    before = copy.deepcopy(classifier.encoder.embedding.layer)
    list(train(trainer_of(classifier), batches(), None, epochs=1, patience=None, seed=0))
    assert torch.equal(classifier.encoder.embedding.layer.bias, before.bias)
    assert not torch.equal(classifier.encoder.embedding.layer.weight, before.weight)


def test_early_stopping_does_not_change_the_schedule() -> None:
    """Validation labels are flipped, so the first epoch is the best and training stops after two of six epochs."""

    def losses(patience: int | None, steps: int) -> list[float]:
        validation = Validation(batches(flipped=True), SINGLE_LABEL, "log_loss")
        trainer = trainer_of(build(lambda: LinearWords(SCHEDULE)), steps=steps)
        records = train(trainer, batches(), validation, epochs=6, patience=patience, seed=0)
        return [record["train_loss"] for record in records]

    stopped, full = losses(1, 30), losses(None, 30)
    assert (len(stopped), len(full)) == (2, 6)
    assert stopped == full[:2]
    assert losses(1, 10) != stopped, "a schedule for two epochs gives other losses"


def test_the_steps_of_a_training_are_its_epochs_times_the_batches_of_an_epoch() -> None:
    for texts in (7, 8, 9, 38):
        split = batches(texts)
        assert split.per_epoch == len(list(split.epoch(torch.Generator().manual_seed(0))))
    assert batches().per_epoch * EPOCHS == STEPS


@pytest.mark.parametrize("train", ["none", "full"])
def test_the_epochs_of_a_run_decide_the_schedule_of_its_language_model(tmp_path: Path, train: str) -> None:
    """With twice as many epochs, the rate rises at half the speed. A frozen language model has no schedule."""
    pytest.importorskip("transformers")
    keys = {"encoder": "transformer", "model": str(tiny_language_model(tmp_path / "model")), "train": train}
    examples = Examples.of(["good film", "bad plot", "a great story", "the end"] * 8, ["x", "y", "x", "y"] * 8)

    def first_loss(epochs: int) -> float:
        settings = {"epochs": epochs, "batch_size": 4, "dropout": 0.0, "max_tokens": 20, "warm_up": 0.5}
        return next(iter(Fit(RunConfig.parse(keys | settings), examples, None, ("x", "y"))))["train_loss"]

    assert (first_loss(2) == first_loss(4)) == (train == "none")


def test_the_memory_check_counts_both_groups_with_their_optimiser_state(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = build(lambda: LinearWords(SCHEDULE))
    needed = 4 * sum(weight.nbytes for weight in classifier.parameters()) + classifier.encoder.embedding.vectors.nbytes
    config = RunConfig.parse({"encoder": "none"})
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: needed)
    check_fits(classifier, config, torch.device("cpu"), TRAINING)
    monkeypatch.setattr("textclf.training.memory.free_bytes", lambda device: needed - 1)
    with pytest.raises(ConfigurationError, match="GB of memory"):
        check_fits(classifier, config, torch.device("cpu"), TRAINING)
