"""The error of a check, and functions that raise it."""

from __future__ import annotations

from torch import Tensor


class ConformanceError(AssertionError):
    """A part does not do what every part of its kind must do; the message says how to correct it."""


def require(holds: object, message: str) -> None:
    """Raise `ConformanceError` with ``message`` unless ``holds``."""
    if not holds:
        raise ConformanceError(message)


def require_close(measured: Tensor, expected: Tensor, tolerance: float, what: str, advice: str) -> None:
    """Raise `ConformanceError` where two tensors differ by more than ``tolerance`` or have different shapes."""
    if measured.shape != expected.shape:
        raise ConformanceError(f"{what}: expected the shape {list(expected.shape)}, measured {list(measured.shape)}")
    difference = (measured - expected).abs().max().item()
    if not difference <= tolerance:
        raise ConformanceError(
            f"{what}: expected a difference of at most {tolerance:g}, measured {difference:.3g}; {advice}"
        )
