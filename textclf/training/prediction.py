"""Prediction: a trained classifier's logits, in float32 or bfloat16."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from textclf.classifier import Classifier
from textclf.data.batching import Batches, Rows
from textclf.data.threads import on_threads
from textclf.errors import ConfigurationError, did_you_mean
from textclf.training.bfloat16 import PRECISIONS, has_bfloat16
from textclf.training.device import autocast, float32_default, flushed_denormals


@float32_default()
def predict_logits(classifier: Classifier, batches: Batches, precision: str = "float32") -> np.ndarray:
    """Logits ``(n, classes)``, float64, in the texts' own order.

    In float32, however the classifier was trained, a text's logits do not depend on its batch (1e-5); in bfloat16
    they do, in their third digit.
    """
    classifier.eval()

    @flushed_denormals()
    @torch.inference_mode()
    def read_part(part: Rows) -> tuple[np.ndarray, Tensor]:
        batch = batches.batch(part)
        with autocast(batches.device, precision):
            return batch.rows, classifier(batch.text, batch.pair).logits

    longest_first = batches.parts()[::-1]  # so that no thread waits long for the last one
    read = (on_threads if batches.device.type == "cpu" else map)(read_part, longest_first)
    logits = np.empty((len(batches.tokens), classifier.linear.out_features))
    if longest_first:
        rows, parts = zip(*read, strict=True)
        logits[np.concatenate(rows)] = torch.cat(parts).double().cpu().numpy()  # the one wait for the device
    return logits


def check_precision(name: str, device: torch.device, baseline: str | None = None) -> None:
    """Raise `ConfigurationError` unless prediction in the precision ``name`` is possible on ``device``.

    ``baseline`` is the name of the baseline that predicts, if one does: it has float32 only.
    """
    if name not in PRECISIONS:
        raise ConfigurationError(f'there is no precision "{name}" of prediction; {did_you_mean(name, PRECISIONS)}')
    if name == "float32":
        return
    if baseline is not None:
        raise ConfigurationError(f'"{baseline}" predicts in float32 only; leave the precision {name} out')
    if not has_bfloat16(device):
        raise ConfigurationError(
            f'the device "{device.type}" here has no instructions for {name}; leave the precision out, '
            "so that the model predicts in float32"
        )
