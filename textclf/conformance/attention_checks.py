"""Checks of a score or a normaliser by itself; each takes the part's name."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.attention.normalisers import NORMALISERS
from textclf.attention.scores import SCORES
from textclf.conformance.encoder_checks import check_weights
from textclf.conformance.requirement import ConformanceError, require, require_close
from textclf.conformance.samples import TOLERANCE
from textclf.training.device import random_state

BATCH, QUERIES, SEQ, DIM = 2, 3, 9, 7


def _inputs(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    queries, keys = (torch.randn(BATCH, size, DIM, generator=generator, dtype=dtype) for size in (QUERIES, SEQ))
    return queries, keys


def every_key_is_scored_by_itself(name: str) -> None:
    """Scores have the shape (batch, queries, seq), and a key's score does not depend on other keys."""
    queries, keys = _inputs()
    score = _score(name)
    scores = score(queries, keys)
    shape = [BATCH, QUERIES, SEQ]
    require(list(scores.shape) == shape, f"scores: expected the shape {shape}, measured {list(scores.shape)}")
    advice = "do not normalise over the keys: the normaliser does it"
    require_close(score(queries, keys[:, :4]), scores[:, :, :4], TOLERANCE, "scores of four of the keys", advice)


def queries_may_be_shared(name: str) -> None:
    """Queries (1, queries, dim) that all texts share have the same scores as queries repeated for each text."""
    queries, keys = _inputs()
    score = _score(name)
    shared = queries[:1]
    advice = "let the batch axis broadcast"
    require_close(score(shared, keys), score(shared.expand(BATCH, -1, -1), keys), TOLERANCE, "scores", advice)


def score_gradient_is_right(name: str) -> None:
    """The gradient of the scores equals the gradient by finite differences."""
    queries, keys = _inputs(torch.float64)
    score = _score(name).double()
    require(
        torch.autograd.gradcheck(
            score, (queries.requires_grad_(), keys.requires_grad_()), raise_exception=False, check_batched_grad=False
        ),
        "gradients: expected those of finite differences; use no detach, no rounding and no in-place change in forward",
    )


def attributes_of_the_score_are_right(name: str) -> None:
    """The attributes positive, same_size and ignores_query of the class are right."""
    queries, keys = _inputs()
    score, part = _score(name), SCORES[name]
    scores = score(queries, keys)
    require(not part.positive or (scores >= 0).all(), f"positive is True, measured {scores.min().item():.3g}")
    weights = scores.softmax(-1)
    ignores = bool((weights - weights[:, :1]).abs().max() <= TOLERANCE)
    require(
        ignores == part.ignores_query,
        f"ignores_query: expected {ignores}, because all queries have {'the same' if ignores else 'different'} weights",
    )
    if not part.same_size:
        try:
            shape = list(SCORES.build(name, 3, DIM)(queries[:, :, :3], keys).shape)
        except Exception as error:
            raise ConformanceError(
                f"queries of another size than keys: {type(error).__name__}; accept them, or set same_size = True"
            ) from error
        require(shape == [BATCH, QUERIES, SEQ], f"scores of queries of another size than keys: measured {shape}")


def _score(name: str) -> torch.nn.Module:
    with random_state(3):
        return SCORES.build(name, DIM, DIM)


def _scores_and_mask() -> tuple[Tensor, Tensor]:
    scores = 3 * torch.randn(BATCH, QUERIES, SEQ, generator=torch.Generator().manual_seed(2))
    lengths = torch.tensor([6, SEQ])
    return scores, (torch.arange(SEQ) < lengths[:, None])[:, None].expand_as(scores)


def rows_sum_to_one(name: str) -> None:
    """In eval mode and in training, weights are not negative, 0 where the mask is False, and sum to 1."""
    scores, mask = _scores_and_mask()
    with random_state(4):
        for normaliser in (NORMALISERS.build(name).eval(), NORMALISERS.build(name).train()):
            check_weights(normaliser(scores, mask).detach(), mask)


def masked_scores_do_not_matter(name: str) -> None:
    """A key where the mask is False changes no weight, however high its score is."""
    scores, mask = _scores_and_mask()
    normaliser = NORMALISERS.build(name).eval()
    changed = torch.where(mask, scores, torch.tensor(1e3))
    advice = "first replace the scores where the mask is False"
    weights = normaliser(scores, mask)
    require_close(normaliser(changed, mask), weights, TOLERANCE, "weights with other scores at pads", advice)
    require_close(
        normaliser(scores[:1, :, :6], mask[:1, :, :6]), weights[:1, :, :6], TOLERANCE, "weights without pads", advice
    )


def extreme_scores_have_weights(name: str) -> None:
    """Equal, very high, very low and infinitely low scores, and a single key, have weights that sum to 1."""
    _, mask = _scores_and_mask()
    normaliser = NORMALISERS.build(name).eval()
    for value in (0.0, 1e4, -1e4, 1e30, -torch.inf):
        scores = torch.zeros(BATCH, QUERIES, SEQ)
        scores[:, :, 1] = value
        check_weights(normaliser(scores, mask), mask)
    single = torch.full((1, 1, 1), -1e4)
    check_weights(normaliser(single, torch.ones(1, 1, 1, dtype=torch.bool)), torch.ones(1, 1, 1, dtype=torch.bool))


def weights_are_float32(name: str) -> None:
    """Scores in bfloat16 have weights in float32."""
    scores, mask = _scores_and_mask()
    dtype = NORMALISERS.build(name).eval()(scores.bfloat16(), mask).dtype
    require(dtype == torch.float32, f"weights: expected float32, measured {dtype}; call scores.float() first")


def training_reaches_the_scores(name: str) -> None:
    """In training the scores have a finite gradient; needs_reward is True if it needs log-probabilities."""
    scores, mask = _scores_and_mask()
    scores.requires_grad_()
    normaliser = NORMALISERS.build(name).train()
    with random_state(4):
        weights, log_probability = normaliser.choose(scores, mask)
    needs_reward = log_probability is not None
    require(
        needs_reward == NORMALISERS[name].needs_reward,
        f"needs_reward: expected {needs_reward}: choose returns {'a' if needs_reward else 'no'} log-probability",
    )
    values = torch.arange(float(SEQ)).square()
    loss = log_probability.sum() if log_probability is not None else (weights * values).sum()
    require(loss.requires_grad, "gradient of the scores: there is none; argmax alone cannot be trained")
    loss.backward()
    gradient = scores.grad
    require(
        gradient is not None and gradient.isfinite().all() and gradient.abs().sum() > 0,
        "gradient of the scores: expected finite numbers, not 0 everywhere; argmax alone cannot be trained",
    )


SCORE_CHECKS = (
    every_key_is_scored_by_itself,
    queries_may_be_shared,
    score_gradient_is_right,
    attributes_of_the_score_are_right,
)
NORMALISER_CHECKS = (
    rows_sum_to_one,
    masked_scores_do_not_matter,
    extreme_scores_have_weights,
    weights_are_float32,
    training_reaches_the_scores,
)
