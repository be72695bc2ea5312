"""textclf: which way of turning words into one vector classifies best, at what cost, and how sure are we?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["TextClassifier", "__version__"]

if TYPE_CHECKING:
    from textclf.estimator import TextClassifier


def __getattr__(name: str) -> Any:
    """Load the public names when they are asked for: importing textclf costs nothing."""
    if name == "TextClassifier":
        from textclf.estimator import TextClassifier

        return TextClassifier
    raise AttributeError(f"module 'textclf' has no attribute {name!r}")
