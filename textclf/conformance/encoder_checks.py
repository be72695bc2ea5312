"""Checks of a model that contains the part to check; each takes a `Case`."""

from __future__ import annotations

import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.conformance.requirement import require, require_close
from textclf.conformance.samples import CLASSES, Case
from textclf.data.batching import TextBatch

MASK_ADVICE = "some step reads pads; use the mask in every sum, mean, maximum and softmax over words"
MAY_HAVE_NO_GRADIENT = ("queries_keys_values", "linear.bias")  # their effect on the logits can cancel


def same_alone_and_padded(case: Case) -> None:
    """A text has the same logits alone and in a padded batch."""
    model = case.model().eval()
    together = model(*case.batch()).logits
    single = torch.cat([model(*sides).logits for sides in case.alone()])
    require_close(together, single, case.tolerance, "logits in a padded batch and alone", MASK_ADVICE)


def permuted_with_the_batch(case: Case) -> None:
    """Texts in another order have the same logits in that order."""
    model = case.model().eval()
    order = torch.tensor([3, 0, 4, 2, 1])
    sides = case.batch()
    logits = model(*sides).logits
    permuted = model(
        *(TextBatch._make(None if part is None else part[order] for part in side) for side in sides)
    ).logits
    require_close(
        permuted, logits[order], case.tolerance, "logits of texts in another order", "no text may affect another"
    )
    require(
        (permuted - logits).abs().max() > 100 * case.tolerance,
        "logits: expected different values for different texts, measured the same; the part must use its input",
    )


def gradients_are_finite(case: Case) -> None:
    """Every parameter has a finite gradient."""
    for name, parameter in _trained(case).named_parameters():
        gradient = parameter.grad
        require(gradient is not None, f"{name}: has no gradient; use it in forward, or do not make it a parameter")
        require(
            gradient is not None and gradient.isfinite().all(),
            f"{name}: expected a finite gradient, measured nan or inf; avoid 0 / 0, log(0) and the root of 0",
        )


def parameters_are_used(case: Case) -> None:
    """Every parameter of the part changes the loss: its gradient is not 0 everywhere."""
    if case.pairs:  # the effects of the two texts can cancel
        return
    parts = [module for module in _trained(case).modules() if isinstance(module, case.part)]
    for name, parameter in (item for part in parts for item in part.named_parameters()):
        require(
            parameter.grad is not None
            and (parameter.grad.abs().sum() > 0 or any(part in name for part in MAY_HAVE_NO_GRADIENT)),
            f"{name}: expected a gradient, measured 0 everywhere; let the output depend on it without detach or argmax",
        )


def _trained(case: Case) -> Classifier:
    """The model after one backward pass."""
    model = case.model(dropout=0.5).train()
    output = model(*case.batch())
    loss = output.logits.square().sum()
    for extra in (output.pooled.penalty, output.pooled.log_probability):
        loss = loss if extra is None else loss + extra.sum()
    loss.backward()
    return model


def deterministic_in_eval(case: Case) -> None:
    """In eval mode the same batch always has the same logits; in training, dropout changes them."""
    model = case.model(dropout=0.5)
    sides = case.batch()
    require(
        torch.equal(model.eval()(*sides).logits, model(*sides).logits),
        "two calls in eval mode: expected the same logits, measured different ones; draw at random only in training",
    )
    require(
        not torch.equal(model.train()(*sides).logits, model(*sides).logits),
        "two calls in training: expected different logits, measured the same; do not call eval() or round the values",
    )


def one_word_is_enough(case: Case) -> None:
    """A text of one word has finite logits."""
    word = TextBatch(torch.tensor([[4]]), torch.tensor([[True]]))
    logits = case.model().eval()(*[word] * (1 + case.pairs)).logits
    require(logits.shape == (1, CLASSES), f"logits: expected the shape [1, {CLASSES}], measured {list(logits.shape)}")
    require(
        logits.isfinite().all(),
        f"logits: expected finite numbers, measured {logits.tolist()}; a text may have one word: do not divide by "
        "a variance or by n - 1",
    )


def weights_sum_to_one(case: Case) -> None:
    """Attention weights, if there are any, sum to 1, are not negative, and are 0 at pads."""
    sides = case.batch()
    pooled = case.model().eval()(*sides).pooled
    for side, weights in zip(sides, (pooled.weights, pooled.pair_weights), strict=False):
        if weights is not None:
            _check_weights(weights, side.mask)


def _check_weights(weights: Tensor, mask: Tensor) -> None:
    require(
        weights.dim() == 3 and weights.shape[::2] == mask.shape,
        f"weights: expected the shape [{len(mask)}, queries, {mask.shape[1]}], measured {list(weights.shape)}",
    )
    require(weights.dtype == torch.float32, f"weights: expected float32, measured {weights.dtype}; use .float()")
    check_weights(weights, mask[:, None].expand_as(weights))


def check_weights(weights: Tensor, mask: Tensor) -> None:
    """Require that each row of weights ``(batch, queries, seq)`` is a distribution over the keys in ``mask``."""
    require((weights >= 0).all(), f"weights: expected none below 0, measured {weights.min().item():.3g}; use softmax")
    on_pads = weights.masked_select(~mask).abs().max().item() if (~mask).any() else 0.0
    require(
        on_pads == 0,
        f"weights where the mask is False: expected 0, measured {on_pads:.3g}; set these scores to -inf before softmax",
    )
    sums = weights.sum(-1)
    require_close(
        sums, torch.ones_like(sums), 1e-4, "sums of a row of weights and 1", "divide each row by the sum over its words"
    )


def near_in_bfloat16(case: Case) -> None:
    """Logits in bfloat16 are close to the logits in float32."""
    model = case.model().eval()
    sides = case.batch()
    with torch.autocast("cpu", torch.bfloat16):
        half = model(*sides).logits.float()
    full = model(*sides).logits
    tolerance = 0.1 * full.abs().max().clamp_min(1).item()
    require_close(half, full, tolerance, "logits in bfloat16 and in float32", "compute sums and differences in float32")


def saved_and_loaded(case: Case) -> None:
    """A model that loads the state dict of another model has the same logits."""
    model, other = (case.model(seed=seed).eval() for seed in (5, 6))
    other.load_state_dict(model.state_dict())
    sides = case.batch()
    require_close(
        other(*sides).logits,
        model(*sides).logits,
        case.tolerance,
        "logits of a saved and of a loaded model",
        "store every learned number in a parameter or in a buffer",
    )


def options_survive(case: Case) -> None:
    """Options are the same after they are written and read."""
    flat = RunConfig.parse(case.keys).flat()
    require(
        RunConfig.parse(flat).flat() == flat and all(flat[key] == value for key, value in case.keys.items()),
        f"options: expected {flat}, measured {RunConfig.parse(flat).flat()}; a validator must accept its own result",
    )


ENCODER_CHECKS = (
    same_alone_and_padded,
    permuted_with_the_batch,
    gradients_are_finite,
    parameters_are_used,
    deterministic_in_eval,
    one_word_is_enough,
    weights_sum_to_one,
    saved_and_loaded,
    options_survive,
)
