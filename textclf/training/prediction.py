"""Predict logits with a trained classifier, in float32 or bfloat16."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.config import RunConfig
from textclf.data.batching import Batches, Rows
from textclf.data.threads import on_threads
from textclf.errors import ConfigurationError, did_you_mean
from textclf.training.bfloat16 import PRECISIONS, has_bfloat16
from textclf.training.device import autocast, float32_default, flushed_denormals


@float32_default()
def predict_logits(classifier: Classifier, batches: Batches, precision: str = "float32") -> np.ndarray:
    """Return logits ``(n, classes)``, float64, in the order of the texts.

    The other texts of a batch change the logits of a text: in float32 by less than 1e-5, whatever the precision of
    training; in bfloat16 in their third digit.
    """
    classifier.eval()

    @flushed_denormals()
    @torch.inference_mode()
    def read_part(part: Rows) -> tuple[np.ndarray, Tensor]:
        batch = batches.batch(part)
        with autocast(batches.device, precision):
            return batch.rows, classifier(batch.text, batch.pair).logits

    longest_first = batches.parts()[::-1]  # so that no thread starts a long batch last
    read = (on_threads if batches.device.type == "cpu" else map)(read_part, longest_first)
    logits = np.empty((len(batches.tokens), classifier.linear.out_features))
    if longest_first:
        rows, parts = zip(*read, strict=True)
        logits[np.concatenate(rows)] = torch.cat(parts).double().cpu().numpy()  # the only wait for the device
    return logits


def check_precision(name: str, device: torch.device, config: RunConfig) -> None:
    """Raise `ConfigurationError` unless a model of ``config`` can predict in the precision ``name`` on ``device``."""
    if name not in PRECISIONS:
        raise ConfigurationError(f'there is no precision "{name}" of prediction; {did_you_mean(name, PRECISIONS)}')
    if name == "float32":
        return
    if config.kind == "baseline":
        raise ConfigurationError(f'"{config.encoder.part}" predicts in float32 only; leave the precision {name} out')
    if not has_bfloat16(device):
        raise ConfigurationError(
            f'the device "{device.type}" here has no instructions for {name}; leave the precision out, '
            "so that the model predicts in float32"
        )
