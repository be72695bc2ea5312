"""``textclf check-part``: every registered part passes its checks, and wrong parts fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from helpers.registering import registered
from torch import Tensor

from textclf.attention.attend import Normaliser, Score
from textclf.conformance.kinds import KINDS, check_part
from textclf.encoders.baselines.majority import Majority
from textclf.encoders.encoder import Context, Pooled, Pooling, Sizes
from textclf.metrics.metric import Metric
from textclf.registry import PartOptions

EVERY = [(kind, name) for kind, entry in KINDS.items() for name in entry.registry]


@pytest.mark.parametrize(("kind", "name"), EVERY, ids=lambda value: value)
def test_every_registered_part_passes(kind: str, name: str) -> None:
    assert [finding for finding in check_part(kind, name) if finding.reason is not None] == []


class MeanOverPads(Pooling):
    class Options(PartOptions):
        pass

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.output_dim = sizes.word_dim

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.states.mean(1))


class MeanOverPadsWithWeights(MeanOverPads):
    def forward(self, context: Context, mask: Tensor) -> Pooled:
        weights = torch.full((len(mask), 1, mask.shape[1]), 0.5)
        return Pooled((weights @ context.states).squeeze(1), weights)


class UnusedParameter(MeanOverPads):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        self.scale = torch.nn.Parameter(torch.ones(sizes.word_dim))

    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.final * self.scale.detach())


class VarianceOfWords(MeanOverPads):
    def forward(self, context: Context, mask: Tensor) -> Pooled:
        words, counts = mask[:, :, None], mask.sum(1)[:, None]
        mean = torch.where(words, context.states, 0.0).sum(1) / counts
        squares = torch.where(words, (context.states - mean[:, None]) ** 2, 0.0).sum(1)
        return Pooled(squares / (counts - 1))


class Crashing(MeanOverPads):
    def forward(self, context: Context, mask: Tensor) -> Pooled:
        return Pooled(context.states @ torch.zeros(2, 2))


class Unbuildable(MeanOverPads):
    def __init__(self, sizes: Sizes) -> None:
        raise RuntimeError("no memory")


class SoftmaxOverKeys(Score):
    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return (queries @ keys.transpose(1, 2)).softmax(-1)


class DotProduct(Score):
    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)


class KeysAlone(Score):
    class Options(PartOptions):
        pass

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return keys.sum(-1)[:, None, :].expand(-1, queries.shape[1], -1)


class Unnormalised(Normaliser):
    class Options(PartOptions):
        pass

    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask, scores.float(), -torch.inf).sigmoid()


class UnmaskedSoftmax(Unnormalised):
    def forward(self, scores: Tensor, mask: Tensor) -> Tensor:
        return scores.float().softmax(-1)


class BaselineWithoutState(Majority):
    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"frequencies": np.full_like(self.frequencies, 1 / len(self.frequencies))}, {}


class ErrorRateUpward(Metric):
    title = "error rate"

    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        return (probabilities.argmax(1) != labels).astype(float)


class TwoValues(ErrorRateUpward):
    higher_is_better = False

    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        return super().value(labels, probabilities, groups) / 2


class Constant(ErrorRateUpward):
    def per_unit(
        self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None
    ) -> np.ndarray:
        return np.full(len(labels), 0.5)


class NotANumber(ErrorRateUpward):
    def value(self, labels: np.ndarray, probabilities: np.ndarray, groups: Sequence[str] | None = None) -> float:
        return float("nan")


WRONG: list[tuple[str, type, str, str]] = [
    ("pooling", MeanOverPads, "A text has the same logits alone", "use the mask in every sum"),
    (
        "pooling",
        MeanOverPadsWithWeights,
        "Attention weights",
        "weights where the mask is False: expected 0, measured 0.5",
    ),
    ("pooling", UnusedParameter, "Every parameter has a finite gradient", "encoder.pooling.scale: has no gradient"),
    ("pooling", VarianceOfWords, "A text of one word", "expected finite numbers, measured [[nan, nan, nan]]"),
    ("pooling", Crashing, "A text has the same logits alone", "RuntimeError: mat1 and mat2"),
    ("score", DotProduct, "The attributes positive", "accept them, or set same_size = True"),
    ("score", SoftmaxOverKeys, "Scores have the shape", "do not normalise over the keys"),
    ("score", KeysAlone, "The attributes positive", "ignores_query: expected True"),
    ("normaliser", Unnormalised, "In eval mode and in training", "divide each row by the sum over its words"),
    ("normaliser", UnmaskedSoftmax, "In eval mode and in training", "set these scores to -inf before softmax"),
    (
        "baseline",
        BaselineWithoutState,
        "A baseline that restores the state",
        "put everything that fit learns into state",
    ),
    ("metric", ErrorRateUpward, "Right predictions are better", "set higher_is_better = False"),
    ("metric", Constant, "Right predictions are better", "compute it from the labels and the probabilities"),
    ("metric", TwoValues, "The value is the mean of `per_unit`", "mean of per_unit: expected the value"),
]


@pytest.mark.parametrize(("kind", "part", "check", "reason"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_part_fails(kind: str, part: type, check: str, reason: str) -> None:
    with registered((KINDS[kind].registry, "wrong", part)):
        failures = {
            finding.check: finding.reason for finding in check_part(kind, "wrong") if finding.reason is not None
        }
    (message,) = (text for title, text in failures.items() if title.startswith(check))
    assert reason in message


def test_the_command_prints_a_line_for_each_check(cli: Callable[..., Any]) -> None:
    right = cli("check-part", "metric", "accuracy")
    assert right.returncode == 0
    assert all(line.startswith(("ok     ", " " * 7)) for line in right.stdout.splitlines())
    with registered((KINDS["metric"].registry, "wrong", TwoValues)):
        wrong = cli("check-part", "metric", "wrong")
        document = json.loads(cli("check-part", "metric", "wrong", "--json").stdout)
    assert wrong.returncode == 1
    lines = wrong.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    first = [line for line in lines if not line.startswith(" ")]
    (line,) = (line for line in first if not line.startswith("ok     "))
    assert line.startswith("WRONG  The value is the mean of `per_unit`")
    assert [check["ok"] for check in document["checks"]] == [line.startswith("ok") for line in first]


BROKEN: list[tuple[str, type, str, str]] = [
    (
        "pooling",
        Unbuildable,
        "A model with the part can be built.",
        "RuntimeError: no memory (test_check_part.py, line ",
    ),
    ("pooling", Crashing, "A text has the same logits alone and in a padded batch.", "RuntimeError: mat1 and mat2"),
    ("metric", NotANumber, "The value is a finite float", 'metric "wrong": expected a finite float, measured nan'),
]


@pytest.mark.parametrize(("kind", "part", "check", "reason"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_an_error_of_a_part_is_reported_once(kind: str, part: type, check: str, reason: str) -> None:
    with registered((KINDS[kind].registry, "wrong", part)):
        *before, last = check_part(kind, "wrong")
    assert [finding for finding in before if finding.reason is not None] == []
    assert last.check.startswith(check)
    assert last.reason is not None
    assert reason in last.reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "dto"), 'textclf: there is no score "dto"; did you mean "dot"?'),
        (("baseline", "attention"), 'textclf: there is no baseline "attention"; known: majority, static, tfidf'),
        (("scroe", "dot"), 'textclf: there is no kind of part "scroe"; did you mean "score"?'),
    ],
)
def test_an_unknown_part_or_kind_is_refused(cli: Callable[..., Any], arguments: tuple[str, str], message: str) -> None:
    result = cli("check-part", *arguments)
    assert (result.returncode, result.stderr.strip()) == (2, message)
