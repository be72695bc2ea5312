"""textclf: which way of turning words into one vector classifies best, at what cost, and how sure are we?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["TextClassifier", "__version__", "read_results"]

if TYPE_CHECKING:
    from textclf.estimator import TextClassifier
    from textclf.results.data_frame import read_results


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that ``import textclf`` is fast."""
    if name == "TextClassifier":
        from textclf.estimator import TextClassifier

        return TextClassifier
    if name == "read_results":
        from textclf.results.data_frame import read_results

        return read_results
    raise AttributeError(f"module 'textclf' has no attribute {name!r}")
